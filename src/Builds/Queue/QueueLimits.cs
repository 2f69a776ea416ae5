namespace ImageBuilder.Builds.Queue;

/// <summary>How many builds run at once, and how long one may wait for its turn.</summary>
public sealed record QueueLimits
{
    /// <summary>Builds that run at once in total, 1 or more; 0 for as many as there are. Default 16.</summary>
    public int Concurrency { get; init; } = 16;

    /// <summary>Builds of one owner that run at once, 1 or more; 0 for as many as there are. Builds without an owner are not counted together. Default 0.</summary>
    public int ConcurrencyPerOwner { get; init; }

    /// <summary>How long a build may wait before it ends as timed out; null until its own deadline. Default null.</summary>
    public TimeSpan? WaitingDeadline { get; init; }
}
