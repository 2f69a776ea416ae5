using System.Collections.Immutable;

namespace ImageBuilder.Grains.Messages;

/// <summary>A piece of a build's log.</summary>
/// <param name="Offset">Where the content begins; greater than the offset asked for when the bytes between are no longer kept.</param>
/// <param name="Content">The bytes; empty when there were none yet.</param>
/// <param name="Ended">Whether the log ends behind this piece for good.</param>
/// <param name="End">Where the log ends at the moment.</param>
[GenerateSerializer]
[Immutable]
[Alias("imagebuilder.LogChunk")]
public sealed record LogChunk(
    [property: Id(0)] long Offset,
    [property: Id(1)] ImmutableArray<byte> Content,
    [property: Id(2)] bool Ended,
    [property: Id(3)] long End)
{
    /// <summary>Where the next piece begins.</summary>
    public long Next => Offset + Content.Length;
}
