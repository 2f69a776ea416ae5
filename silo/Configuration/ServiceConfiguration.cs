using ImageBuilder.Silo.Configuration.Rules;

namespace ImageBuilder.Silo.Configuration;

/// <summary>
/// What the file of <c>--config</c> says: the JSON of the old service as it is, with our keys beside it. Every property is a key of the same name in
/// camelCase; a key that is absent, null or an empty string takes the property's default. Durations are written as Go writes them (<c>1h30m0s</c>).
/// </summary>
internal sealed record ServiceConfiguration
{
    /// <summary>The JSON schema that an editor checks the file against; the service does not read it. Default: none.</summary>
    [Key("$schema")]
    public string? Schema { get; init; }

    /// <summary>What is built and where it goes. Required.</summary>
    public required OrchestratorConfiguration Orchestrator { get; init; }

    /// <summary>Base images whose digests are kept fresh.</summary>
    public RefCacheConfiguration RefCache { get; init; } = new();

    /// <summary>Where clients reach the service.</summary>
    public ServerConfiguration Server { get; init; } = new();

    /// <summary>
    /// The folder of everything that lasts (state, logs, the work folders of builds), an absolute path. It is made when absent, with access for its
    /// owner alone; one service at a time may use it. Default: <c>/var/lib/imagebuilder</c>.
    /// </summary>
    [AbsolutePath]
    public string DataFolder { get; init; } = "/var/lib/imagebuilder";

    /// <summary>Where metrics are served.</summary>
    public MetricsConfiguration Metrics { get; init; } = new();

    /// <summary>Where liveness and readiness are served.</summary>
    public HealthConfiguration Health { get; init; } = new();

    /// <summary>How builds are run and how long what they leave is kept.</summary>
    public BuildsConfiguration Builds { get; init; } = new();

    /// <summary>How many builds run at once.</summary>
    public QueueConfiguration Queue { get; init; } = new();

    /// <summary>The process launcher: builds as processes of this machine.</summary>
    public ProcessConfiguration Process { get; init; } = new();

    /// <summary>How registries are spoken to.</summary>
    public RegistryConfiguration Registry { get; init; } = new();

    /// <summary>The cluster that this process is a part of.</summary>
    public ClusterConfiguration Cluster { get; init; } = new();

    /// <summary>Orleans' dashboard.</summary>
    public DashboardConfiguration Dashboard { get; init; } = new();
}
