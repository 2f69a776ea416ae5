using ImageBuilder.Registry.Names;

namespace ImageBuilder.Builds;

/// <summary>Settings that every build shares.</summary>
public sealed record BuildOptions
{
    /// <summary>How long a build may take from the moment it was accepted. Default 1 hour.</summary>
    public TimeSpan Deadline { get; init; } = TimeSpan.FromHours(1);

    /// <summary>How long a build and its log are kept after the end. Default 24 hours.</summary>
    public TimeSpan Retention { get; init; } = TimeSpan.FromHours(24);

    /// <summary>How many finished builds are kept, pinned ones aside, at least 1. Default 100,000.</summary>
    public long HistoryLimit { get; init; } = 100_000;

    /// <summary>
    /// How many bytes of log are kept of all finished builds together, pinned ones aside; the logs of those that ended first go first.
    /// Default 10 GiB.
    /// </summary>
    public long LogsLimit { get; init; } = 10L << 30;

    /// <summary>How often builds past <see cref="Retention"/> are looked for, beside the end of every build. Default 10 minutes.</summary>
    public TimeSpan ForgetPeriod { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>
    /// How often a queue asks after builds that it has not heard of: those that hold a place and may have ended, and those that wait and have not asked
    /// for this long, which lose their place. Default 1 minute.
    /// </summary>
    public TimeSpan QueueCheckPeriod { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Platform of the images. Default linux/amd64.</summary>
    public Platform Platform { get; init; } = Platform.LinuxAmd64;
}
