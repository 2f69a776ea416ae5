using ImageBuilder.Builds.Lifecycle;

namespace ImageBuilder.Launchers;

/// <summary>How an attempt ended as the builder tells it.</summary>
/// <param name="Failure">Why there is no image; null after a success.</param>
public sealed record AttemptOutcome(BuildFailure? Failure)
{
    /// <summary>The builder pushed the image.</summary>
    public static AttemptOutcome Success { get; } = new((BuildFailure?)null);

    /// <summary>The builder failed.</summary>
    public static AttemptOutcome Failed(FailureReason reason, string message) => new(new BuildFailure(reason, message));
}
