using ImageBuilder.Registry.Names;
using ImageBuilder.Silo.Configuration.Rules;

namespace ImageBuilder.Silo.Configuration;

/// <summary>How builds are run and how long what they leave is kept.</summary>
internal sealed record BuildsConfiguration
{
    /// <summary>Where builds run. Default: <c>process</c>, the only launcher of this version.</summary>
    public BuildLauncher Launcher { get; init; } = BuildLauncher.Process;

    /// <summary>How long a build may take before it is ended, 1m0s to 24h0m0s. Default: 1h0m0s.</summary>
    [DurationRange("1m0s", "24h0m0s")]
    public TimeSpan Deadline { get; init; } = TimeSpan.FromHours(1);

    /// <summary>How much log is kept of one build, its head and its tail, in bytes, 1048576 (1 MiB) to 1073741824 (1 GiB). Default: 67108864 (64 MiB).</summary>
    [NumberRange(1L << 20, 1L << 30)]
    public long LogLimit { get; init; } = 64L << 20;

    /// <summary>How long a finished build can be looked up, its log included, 1m0s to 8760h0m0s. Default: 24h0m0s.</summary>
    [DurationRange("1m0s", "8760h0m0s")]
    public TimeSpan Retention { get; init; } = TimeSpan.FromHours(24);

    /// <summary>How many finished builds can be looked up, the latest, 1000 to 10000000. Default: 100000.</summary>
    [NumberRange(1_000, 10_000_000)]
    public long HistoryLimit { get; init; } = 100_000;

    /// <summary>
    /// How much log is kept of all finished builds together, in bytes, 268435456 (256 MiB) to 1125899906842624 (1 PiB); the logs of those that ended
    /// first go first. Default: 10737418240 (10 GiB).
    /// </summary>
    [NumberRange(256L << 20, 1L << 50)]
    public long LogsLimit { get; init; } = 10L << 30;

    /// <summary>The platform that images are resolved for. Default: <c>linux/amd64</c>.</summary>
    public Platform Platform { get; init; } = Platform.LinuxAmd64;
}
