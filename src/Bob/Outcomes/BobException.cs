namespace ImageBuilder.Bob.Outcomes;

/// <summary>Ends a verb with a failure that has a known reason.</summary>
/// <param name="reason">Why.</param>
/// <param name="message">What the user reads; it holds no secret.</param>
internal sealed class BobException(FailureReason reason, string message) : Exception(message)
{
    /// <summary>Why.</summary>
    public FailureReason Reason { get; } = reason;
}
