namespace ImageBuilder.Builds.Lifecycle;

/// <summary>When a build that failed is tried once more.</summary>
public static class AttemptPolicy
{
    /// <summary>Attempts that one build gets at the most.</summary>
    public const int MaxAttempts = 2;

    /// <summary>Whether a build gets another attempt: only after faults of the place it ran in, and only once.</summary>
    /// <param name="reason">Why the last attempt failed.</param>
    /// <param name="attempts">Attempts made so far, at least 1.</param>
    public static bool MayRetry(FailureReason reason, int attempts) =>
        attempts < MaxAttempts && (reason is FailureReason.BuilderLost or FailureReason.LauncherUnavailable);
}
