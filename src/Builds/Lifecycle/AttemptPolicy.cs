namespace ImageBuilder.Builds.Lifecycle;

/// <summary>When a build that failed is tried once more.</summary>
public static class AttemptPolicy
{
    /// <summary>Attempts that one build gets at the most.</summary>
    public const int MaxAttempts = 2;

    /// <summary>Attempts beside those that may be lost with the silo that ran them: a build that takes silos down must come to an end.</summary>
    public const int MaxLostWithSite = 3;

    /// <summary>Whether a failure is a fault of the place that the build ran in, which another attempt may not meet again.</summary>
    public static bool IsFaultOfPlace(FailureReason reason) => reason is FailureReason.BuilderLost or FailureReason.LauncherUnavailable;

    /// <summary>
    /// Whether a build gets another attempt: only after faults of the place it ran in, and only once; the first three attempts that are lost with their silo
    /// are not counted.
    /// </summary>
    /// <param name="reason">Why the last attempt failed.</param>
    /// <param name="attempts">Attempts made so far.</param>
    /// <param name="lostWithSite">How many of them before the last were lost with their silo.</param>
    /// <param name="withSite">Whether the last one was.</param>
    public static bool MayRetry(FailureReason reason, int attempts, int lostWithSite = 0, bool withSite = false) =>
        IsFaultOfPlace(reason) && ((withSite && lostWithSite < MaxLostWithSite) || attempts - lostWithSite < MaxAttempts);
}
