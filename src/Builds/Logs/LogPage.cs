namespace ImageBuilder.Builds.Logs;

/// <summary>A piece of a build's log.</summary>
/// <param name="Offset">
/// Where <paramref name="Content"/> begins. It is greater than the offset that was asked for when the bytes between are no longer kept.
/// </param>
/// <param name="Content">The bytes; empty when the log ends at <paramref name="Offset"/>.</param>
/// <param name="End">Where the log ends at the moment.</param>
public sealed record LogPage(long Offset, ReadOnlyMemory<byte> Content, long End)
{
    /// <summary>Where the next page begins.</summary>
    public long Next => Offset + Content.Length;
}
