using System.Diagnostics.CodeAnalysis;

namespace Orleans.Runtime;

/// <summary>When a grain timer ticks, and how.</summary>
public readonly struct GrainTimerCreationOptions()
{
    /// <summary>The first tick after <paramref name="dueTime"/>, then <paramref name="period"/> after the end of each.</summary>
    [SetsRequiredMembers]
    public GrainTimerCreationOptions(TimeSpan dueTime, TimeSpan period)
        : this()
    {
        DueTime = dueTime;
        Period = period;
    }

    /// <summary>The time to the first tick; <see cref="Timeout.InfiniteTimeSpan"/> for none.</summary>
    public required TimeSpan DueTime { get; init; }

    /// <summary>The time from the end of a tick to the next; <see cref="Timeout.InfiniteTimeSpan"/> for one tick only.</summary>
    public required TimeSpan Period { get; init; }

    /// <summary>Whether ticks run beside calls and other ticks. Default: false.</summary>
    public bool Interleave { get; init; }

    /// <summary>Whether ticks count as use, so that a ticking grain is not collected. Default: false.</summary>
    public bool KeepAlive { get; init; }
}
