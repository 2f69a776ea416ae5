namespace ImageBuilder.Builds.Lifecycle;

/// <summary>When a build that failed is tried once more.</summary>
public static class AttemptPolicy
{
    /// <summary>Attempts that one build gets at the most.</summary>
    public const int MaxAttempts = 2;

    /// <summary>Whether a failure is a fault of the place that the build ran in, which another attempt may not meet again.</summary>
    public static bool IsFaultOfPlace(FailureReason reason) => reason is FailureReason.BuilderLost or FailureReason.LauncherUnavailable;

    /// <summary>Whether a build gets another attempt: only after faults of the place it ran in, and only once.</summary>
    /// <param name="reason">Why the last attempt failed.</param>
    /// <param name="attempts">Attempts made so far.</param>
    public static bool MayRetry(FailureReason reason, int attempts) => attempts < MaxAttempts && IsFaultOfPlace(reason);
}
