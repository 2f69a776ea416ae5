namespace ImageBuilder.Grains.Messages;

/// <summary>Where a build stands in lists, which have the newest first. It never changes, so that pages join whatever comes and goes between them.</summary>
/// <param name="CreatedAt">When the order was accepted.</param>
/// <param name="Id">The build, which tells apart those of one instant.</param>
[GenerateSerializer]
[Immutable]
[Alias("imagebuilder.DirectoryPosition")]
public readonly record struct DirectoryPosition(
    [property: Id(0)] DateTimeOffset CreatedAt,
    [property: Id(1)] Guid Id) : IComparable<DirectoryPosition>
{
    /// <summary>Whether the left one is the older.</summary>
    public static bool operator <(DirectoryPosition left, DirectoryPosition right) => left.CompareTo(right) < 0;

    /// <summary>Whether the left one is the older, or both are the same.</summary>
    public static bool operator <=(DirectoryPosition left, DirectoryPosition right) => left.CompareTo(right) <= 0;

    /// <summary>Whether the left one is the newer.</summary>
    public static bool operator >(DirectoryPosition left, DirectoryPosition right) => left.CompareTo(right) > 0;

    /// <summary>Whether the left one is the newer, or both are the same.</summary>
    public static bool operator >=(DirectoryPosition left, DirectoryPosition right) => left.CompareTo(right) >= 0;

    /// <summary>Less than 0 when this one is the older.</summary>
    public int CompareTo(DirectoryPosition other)
    {
        var byTime = CreatedAt.UtcTicks.CompareTo(other.CreatedAt.UtcTicks);
        return byTime != 0 ? byTime : Id.CompareTo(other.Id);
    }
}
