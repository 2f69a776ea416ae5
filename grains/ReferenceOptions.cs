namespace ImageBuilder.Grains;

/// <summary>How long digests are given out that are no longer fresh (the terms are those of RFC 5861).</summary>
public sealed record ReferenceOptions
{
    /// <summary>How long after its freshness a digest is still given out at once, while the registry is asked again; 0 or more. Default 1 minute.</summary>
    public TimeSpan StaleWhileRevalidate { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>
    /// How long after its freshness a digest is still given out when the registry cannot be reached, fails, limits the rate or takes longer than 5 s;
    /// 0 or more. Default 1 hour. A registry that answers, be it with "not found" or "denied", is believed at once.
    /// </summary>
    public TimeSpan StaleIfError { get; init; } = TimeSpan.FromHours(1);
}
