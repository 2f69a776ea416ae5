using System.Text.Json.Nodes;

namespace ImageBuilder.Sandbox.Cluster;

/// <summary>What the silos and gateways of a cluster on this machine have in common.</summary>
internal sealed record ClusterSettings
{
    /// <summary>Where each has a folder of its own.</summary>
    public required string Folder { get; init; }

    /// <summary>Host of the registry that builds push to.</summary>
    public required string RegistryHost { get; init; }

    /// <summary>The docker config file with its credentials.</summary>
    public required string AuthFile { get; init; }

    /// <summary>The builder command; null for bob.</summary>
    public string? Bob { get; init; }

    /// <summary>The file with the connection string of the database.</summary>
    public required string ConnectionStringFile { get; init; }

    /// <summary>The address by which silos are reached that are in this machine's own network. Default 127.0.0.1.</summary>
    public string Address { get; init; } = "127.0.0.1";

    /// <summary>Builds that run at once; 0 for as many as there are. Default 24.</summary>
    public int Concurrency { get; init; } = 24;

    /// <summary>Environment variables of each member in place of this process's own, or beside them.</summary>
    public IReadOnlyDictionary<string, string>? Variables { get; init; }

    /// <summary>Changes a member's configuration before it is written; null leaves it.</summary>
    public Action<JsonObject>? Amend { get; init; }
}
