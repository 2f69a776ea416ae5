using ImageBuilder.Silo.Configuration.Rules;

namespace ImageBuilder.Silo.Configuration;

/// <summary>The cluster that this process is a part of.</summary>
internal sealed record ClusterConfiguration
{
    /// <summary><c>single</c>: this process is all there is; <c>postgresql</c>: silos and gateways that share a database. Default: <c>single</c>.</summary>
    public ClusterKind Kind { get; init; } = ClusterKind.Single;

    /// <summary>The cluster's name; silos and gateways of one name belong together. Default: <c>imagebuilder</c>.</summary>
    public string ClusterId { get; init; } = "imagebuilder";

    /// <summary>The name under which states and reminders are kept; it must not change. Default: <c>imagebuilder</c>.</summary>
    public string ServiceId { get; init; } = "imagebuilder";

    /// <summary>Path of the file with the database's connection string, as Npgsql writes it. Default: none.</summary>
    [ReadableFile]
    public string? ConnectionStringFile { get; init; }

    /// <summary>The environment variable with the connection string, when there is no file. Default: none.</summary>
    public string? ConnectionStringVariable { get; init; }

    /// <summary>The silo's name, the same whenever it starts again; builds are known to run there by it. Default: <c>$POD_NAME</c>, else the host's name.</summary>
    [DerivedDefault("$POD_NAME, else the host's name")]
    public string SiloName { get; init; } = string.Empty;

    /// <summary>The IP address at which silos and gateways reach this silo, and at which it listens. Default: <c>$POD_IP</c>, else the host's first address.</summary>
    [IpAddress]
    [DerivedDefault("$POD_IP, else the host's first address")]
    public string Address { get; init; } = string.Empty;

    /// <summary>The port for other silos, 1 to 65535. Default: 11111.</summary>
    [NumberRange(1, 65535)]
    public long SiloPort { get; init; } = 11111;

    /// <summary>The port for gateways, 1 to 65535. Default: 30000.</summary>
    [NumberRange(1, 65535)]
    public long GatewayPort { get; init; } = 30000;

    /// <summary>
    /// How long a silo that is asked to stop lets the builds that run on it come to their ends, 0s to 24h0m0s; those that do not are begun anew on
    /// another. Default: 0s.
    /// </summary>
    [DurationRange("0s", "24h0m0s")]
    public TimeSpan Drain { get; init; }

    /// <summary>The certificates of silos and gateways; without them they speak to whoever comes, in clear text. Default: none.</summary>
    public ClusterTlsConfiguration? Tls { get; init; }
}
