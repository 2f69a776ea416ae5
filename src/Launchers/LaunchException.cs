using ImageBuilder.Builds.Lifecycle;

namespace ImageBuilder.Launchers;

/// <summary>A launcher could not start an attempt.</summary>
public sealed class LaunchException : Exception
{
    /// <summary>Creates the exception; <paramref name="message"/> is shown to the user.</summary>
    public LaunchException(FailureReason reason, string message, Exception? innerException = null)
        : base(message, innerException) => Reason = reason;

    /// <summary>The kind of failure.</summary>
    public FailureReason Reason { get; }
}
