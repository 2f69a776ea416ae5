using ImageBuilder.Grains.Messages;
using ImageBuilder.Registry.Client;

namespace ImageBuilder.Grains.References;

/// <summary>A registry's answer as it is kept.</summary>
/// <param name="Answer">The answer.</param>
/// <param name="Source">What the registry was asked.</param>
/// <param name="Request">The number of the request that brought it (<see cref="RequestSequence"/>).</param>
/// <param name="IsPatient">Whether that request waited out "too many requests".</param>
/// <param name="At">When it was had.</param>
internal sealed record KnownAnswer(ResolveAnswer Answer, ResolutionSource Source, long Request, bool IsPatient, DateTimeOffset At)
{
    public bool IsFound => Answer.Outcome == ResolveOutcome.Found;

    public bool IsRateLimited => Answer.Outcome == ResolveOutcome.RateLimited;

    /// <summary>Whether the registry said nothing about the image: what it said before may still hold.</summary>
    public bool IsFault => Answer.Outcome is ResolveOutcome.RateLimited or ResolveOutcome.Failed;
}
