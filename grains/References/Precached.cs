namespace ImageBuilder.Grains.References;

/// <summary>Which credentials' answers are renewed ahead of need, and so count as fresh for longer.</summary>
/// <param name="Fingerprints">The credentials.</param>
/// <param name="Interval">How long their answers are fresh.</param>
/// <param name="Until">When that ends, unless they are renewed before.</param>
internal sealed record Precached(IReadOnlyCollection<string> Fingerprints, TimeSpan Interval, DateTimeOffset Until)
{
    public static Precached Nothing { get; } = new([], TimeSpan.Zero, DateTimeOffset.MinValue);

    public bool Has(string fingerprint) => Fingerprints.Contains(fingerprint);
}
