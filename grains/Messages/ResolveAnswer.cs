namespace ImageBuilder.Grains.Messages;

/// <summary>What came of the question for a digest.</summary>
/// <param name="Outcome">Whether there is a digest, and if not, why.</param>
/// <param name="Digest">The digest, for example "sha256:…"; empty unless found.</param>
/// <param name="Message">What went wrong; empty when found.</param>
[GenerateSerializer]
[Immutable]
[Alias("imagebuilder.ResolveAnswer")]
public sealed record ResolveAnswer(
    [property: Id(0)] ResolveOutcome Outcome,
    [property: Id(1)] string Digest,
    [property: Id(2)] string Message);

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

    /// <summary>Anything else: unreachable, timed out, an answer that makes no sense.</summary>
    Failed,
}
