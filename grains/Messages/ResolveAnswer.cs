namespace ImageBuilder.Grains.Messages;

/// <summary>What came of the question for a digest.</summary>
/// <param name="Outcome">Whether there is a digest, and if not, why.</param>
/// <param name="Digest">The digest, for example "sha256:…"; empty unless found.</param>
/// <param name="Message">What went wrong; empty when found.</param>
/// <param name="Ticket">With <see cref="ResolveOutcome.Waiting"/>: goes into the question when it is put again.</param>
[GenerateSerializer]
[Immutable]
[Alias("imagebuilder.ResolveAnswer")]
public sealed record ResolveAnswer(
    [property: Id(0)] ResolveOutcome Outcome,
    [property: Id(1)] string Digest,
    [property: Id(2)] string Message,
    [property: Id(3)] ResolveTicket? Ticket = null);

/// <summary>How the question for a digest ended.</summary>
public enum ResolveOutcome
{
    /// <summary>The image exists.</summary>
    Found,

    /// <summary>The registry has no such image.</summary>
    NotFound,

    /// <summary>The registry does not show the image to this caller.</summary>
    Denied,

    /// <summary>The registry answers "too many requests".</summary>
    RateLimited,

    /// <summary>The registry is unreachable, failed, or gave an answer that makes no sense; it may be better later.</summary>
    Failed,

    /// <summary>What the registry has cannot be used, for example because it has nothing for the platform, or it refuses the question for good.</summary>
    Unusable,

    /// <summary>There is no answer yet. Put again with the ticket, the question goes on where it was.</summary>
    Waiting,
}
