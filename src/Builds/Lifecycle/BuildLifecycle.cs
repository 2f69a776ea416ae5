namespace ImageBuilder.Builds.Lifecycle;

/// <summary>The moves that a build can make from one status to another.</summary>
public static class BuildLifecycle
{
    /// <summary>Whether a build in this status has ended for good.</summary>
    public static bool IsFinal(BuildStatus status) =>
        status is BuildStatus.Succeeded or BuildStatus.Failed or BuildStatus.Cancelled or BuildStatus.TimedOut;

    /// <summary>How a build ends that has no image for this reason.</summary>
    public static BuildStatus EndOf(FailureReason reason) => reason switch
    {
        FailureReason.Cancelled => BuildStatus.Cancelled,
        FailureReason.Timeout or FailureReason.QueueTimeout => BuildStatus.TimedOut,
        _ => BuildStatus.Failed,
    };

    /// <summary>
    /// Whether a build may move from one status to the other. It moves forward, or back to <see cref="BuildStatus.Queued"/> for a new
    /// attempt; every unfinished build can fail, be cancelled or time out; a finished one stays as it is.
    /// </summary>
    public static bool CanMove(BuildStatus from, BuildStatus to) => (from, to) switch
    {
        _ when IsFinal(from) => false,
        (_, BuildStatus.Failed or BuildStatus.Cancelled or BuildStatus.TimedOut) => true,
        (BuildStatus.Queued, BuildStatus.Launching) => true,
        (BuildStatus.Launching, BuildStatus.Running or BuildStatus.Queued) => true,
        (BuildStatus.Running, BuildStatus.Verifying or BuildStatus.Queued) => true,
        (BuildStatus.Verifying, BuildStatus.Succeeded) => true,
        _ => false,
    };
}
