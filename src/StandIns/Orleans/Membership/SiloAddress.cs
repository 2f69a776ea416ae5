namespace Orleans.Runtime;

/// <summary>One run of a silo.</summary>
public sealed class SiloAddress : IEquatable<SiloAddress>
{
    private SiloAddress()
    {
    }

    /// <summary>When the run began, by Orleans' own count; a later one has a higher.</summary>
    public int Generation { get; private init; }

    /// <inheritdoc />
    public bool Equals(SiloAddress? other) => ReferenceEquals(this, other);

    /// <inheritdoc />
    public override bool Equals(object? obj) => ReferenceEquals(this, obj);

    /// <inheritdoc />
    public override int GetHashCode() => Generation;
}
