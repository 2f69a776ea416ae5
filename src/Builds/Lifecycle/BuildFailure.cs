namespace ImageBuilder.Builds.Lifecycle;

/// <summary>Why a build ended without an image, for programs and for people.</summary>
/// <param name="Reason">The kind of failure.</param>
/// <param name="Message">What the user reads.</param>
public sealed record BuildFailure(FailureReason Reason, string Message)
{
    private const string UserErrorPrefix = "build failed:";

    /// <summary>
    /// The message as clients of the old API see it: they take one that starts with "build failed:" for the user's own error.
    /// </summary>
    public string WireMessage =>
        IsUserError(Reason) && !Message.StartsWith(UserErrorPrefix, StringComparison.Ordinal) ? $"{UserErrorPrefix} {Message}" : Message;

    private static bool IsUserError(FailureReason reason) => reason is
        FailureReason.DockerfileNotFound or
        FailureReason.BuildStepFailed or
        FailureReason.ContextUnavailable or
        FailureReason.BaseImageNotFound or
        FailureReason.BaseImageDenied or
        FailureReason.Timeout;
}
