using System.Text.Json.Nodes;

namespace ImageBuilder.Sandbox.Service;

/// <summary>How a service on this machine is set up.</summary>
public sealed record ServiceOptions
{
    /// <summary>What the service keeps.</summary>
    public required string DataFolder { get; init; }

    /// <summary>Host of the registry that it pushes to.</summary>
    public required string RegistryHost { get; init; }

    /// <summary>The docker config file with its credentials.</summary>
    public required string AuthFile { get; init; }

    /// <summary>Port of gRPC; 0 chooses one.</summary>
    public int GrpcPort { get; init; }

    /// <summary>Port of the metrics; 0 chooses one.</summary>
    public int MetricsPort { get; init; }

    /// <summary>Port of the health checks; 0 chooses one.</summary>
    public int HealthPort { get; init; }

    /// <summary>What it runs: <c>run</c>, the service or a silo of a cluster; <c>gateway</c>. Default <c>run</c>.</summary>
    public string Verb { get; init; } = "run";

    /// <summary>The address that it serves on. Default 127.0.0.1.</summary>
    public string Host { get; init; } = "127.0.0.1";

    /// <summary>What runs the program, such as <c>ip netns exec …</c>. Default nothing.</summary>
    public IReadOnlyList<string> Prefix { get; init; } = [];

    /// <summary>Environment variables in place of this process's own, or beside them.</summary>
    public IReadOnlyDictionary<string, string>? Variables { get; init; }

    /// <summary>Changes the configuration before it is written; null leaves it.</summary>
    public Action<JsonObject>? Amend { get; init; }
}
