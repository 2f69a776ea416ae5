namespace ImageBuilder.Bob.Outcomes;

/// <summary>How a verb ended, as whoever launched it reads it from <c>.gitpod/outcome.json</c>.</summary>
/// <param name="Succeeded">Whether all went well.</param>
/// <param name="Reason">The name of a <see cref="FailureReason"/>; empty after success.</param>
/// <param name="Message">What the user reads; empty after success.</param>
internal sealed record Outcome(bool Succeeded, string Reason, string Message)
{
    /// <summary>All went well.</summary>
    public static Outcome Success { get; } = new(true, string.Empty, string.Empty);
}
