using System.Collections.Immutable;

namespace ImageBuilder.Launchers.Process;

/// <summary>Settings of the launcher that runs builds as processes of this machine.</summary>
public sealed record ProcessLauncherOptions
{
    /// <summary>Path of the builder command: an executable, or a ".dll" that `dotnet` runs.</summary>
    public required string Bob { get; init; }

    /// <summary>Folder for the work of attempts.</summary>
    public required string WorkFolder { get; init; }

    /// <summary>Folder of the engine's storage, shared by all builds: it holds the layer cache.</summary>
    public required string StorageFolder { get; init; }

    /// <summary>How many bytes of layers and cache mounts the engine keeps for later builds. Default 20 GiB.</summary>
    public long CacheLimit { get; init; } = 20L << 30;

    /// <summary>Which program builds. Default buildah.</summary>
    public BuildEngine Engine { get; init; }

    /// <summary>The repository in which BuildKit keeps what steps made, for builds on other machines; see <see cref="RegistryCache"/>. Default null: it is kept on this machine alone.</summary>
    public string? CacheRepository { get; init; }

    /// <summary>Network of the process that builds and of RUN steps. Default this machine's.</summary>
    public BuildNetwork Network { get; init; } = BuildNetwork.Host;

    /// <summary>Networks, in CIDR notation, that <see cref="BuildNetwork.Isolated"/> does not lead to, beside this machine and link-local addresses. Default none.</summary>
    public ImmutableArray<string> DeniedNetworks { get; init; } = [];

    /// <summary>What one build may use of the machine. Default that of <see cref="ResourceLimits"/>.</summary>
    public ResourceLimits Limits { get; init; } = new();

    /// <summary>Registries, as host or host:port, that are spoken to in plain HTTP; loopback ones need no mention. Default none.</summary>
    public ImmutableArray<string> PlainHttpHosts { get; init; } = [];

    /// <summary>Registry to its mirrors, in the order in which they are asked before it. Default none.</summary>
    public ImmutableDictionary<string, ImmutableArray<string>> Mirrors { get; init; } = ImmutableDictionary<string, ImmutableArray<string>>.Empty;

    /// <summary>PEM files of certificate authorities, as absolute paths, that builders trust beside the system's, for registries and git servers. Default none.</summary>
    public ImmutableArray<string> CaBundles { get; init; } = [];

    /// <summary>
    /// How long a proxy that was started ahead of the next build waits for it, from the end of the last one. Default zero: none is started.
    /// </summary>
    public TimeSpan SpareProxyLifetime { get; init; }

    /// <summary>
    /// How long a cancelled builder may take to clean up after itself before it is killed. Default 1.5 seconds, so that a build is gone within 2 also
    /// when its builder does not listen.
    /// </summary>
    public TimeSpan CancelGrace { get; init; } = TimeSpan.FromSeconds(1.5);

    /// <summary>
    /// Whether builders end when this service does, however it ends: where there are others, one of them begins the build anew. Default false: builders
    /// outlive the service, and it takes them up when it starts again.
    /// </summary>
    public bool EndsWithService { get; init; }

    /// <summary>What runs <see cref="Bob"/>.</summary>
    internal IReadOnlyList<string> BobCommand => Bob.EndsWith(".dll", StringComparison.Ordinal) ? ["dotnet", Bob] : [Bob];
}
