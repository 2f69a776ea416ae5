using ImageBuilder.Launchers.Process;
using ImageBuilder.Silo.Configuration.Rules;

namespace ImageBuilder.Silo.Configuration;

/// <summary>The process launcher: builds as processes of this machine.</summary>
internal sealed record ProcessConfiguration
{
    /// <summary>Path of bob, the builder command: an executable or a .dll. Default: the one beside this service.</summary>
    [ProgramFile]
    [DerivedDefault("bob beside the service")]
    public string Bob { get; init; } = string.Empty;

    /// <summary>
    /// Which program builds: <c>buildah</c>; <c>buildkit</c>, by a daemon of each build's own; or <c>auto</c>, BuildKit where buildkitd, buildctl and runc are installed, else
    /// buildah. Default: <c>buildah</c>.
    /// </summary>
    public BuildEngine Engine { get; init; } = BuildEngine.Buildah;

    /// <summary>
    /// The network of what a build runs: <c>isolated</c>, one of its own that leads neither to this machine nor to link-local addresses; <c>host</c>,
    /// this machine's; or <c>none</c>. Default: <c>isolated</c>.
    /// </summary>
    public BuildNetwork Network { get; init; } = BuildNetwork.Isolated;

    /// <summary>Networks that <c>isolated</c> does not lead to either, in CIDR notation. Default: none.</summary>
    [IpNetwork]
    public IReadOnlyList<string> DeniedNetworks { get; init; } = [];

    /// <summary>Memory of one build, in bytes, 0 to 1125899906842624 (1 PiB); 0 means no limit. Default: 4294967296 (4 GiB).</summary>
    [NumberRange(0, 1L << 50)]
    public long MemoryLimit { get; init; } = 4L << 30;

    /// <summary>Processors of one build, in thousandths of one, 0 to 1000000; 0 means no limit. Default: 0.</summary>
    [NumberRange(0, 1_000_000)]
    public long CpuLimit { get; init; }

    /// <summary>Processes and threads of one build, 0 to 4194304; 0 means no limit. Default: 4096.</summary>
    [NumberRange(0, 1L << 22)]
    public long PidsLimit { get; init; } = 4096;

    /// <summary>Disk that one build takes up, in bytes, 0 to 1125899906842624 (1 PiB); 0 means no limit. Default: 21474836480 (20 GiB).</summary>
    [NumberRange(0, 1L << 50)]
    public long DiskLimit { get; init; } = 20L << 30;

    /// <summary>
    /// How many bytes of layers and cache mounts the build engine keeps for later builds, 1048576 (1 MiB) to 1125899906842624 (1 PiB); what is past it is removed
    /// when a build ends and no other runs. Default: 21474836480 (20 GiB).
    /// </summary>
    [NumberRange(1L << 20, 1L << 50)]
    public long CacheLimit { get; init; } = 20L << 30;

    /// <summary>
    /// The repository in which BuildKit keeps what steps made, for builds of the same owner and repository on other machines; without tag and digest. Default: none, it is kept on
    /// this machine alone.
    /// </summary>
    public ImageRepository? CacheRepository { get; init; }

    /// <summary>The build engine's image storage, an absolute path; builds share its layer cache. Default: <c>buildah</c> in <c>dataFolder</c>.</summary>
    [AbsolutePath]
    [DerivedDefault("<dataFolder>/buildah")]
    public string StorageFolder { get; init; } = string.Empty;
}
