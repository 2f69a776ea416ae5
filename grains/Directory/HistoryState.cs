using System.Collections.Immutable;
using ImageBuilder.Grains.Messages;

namespace ImageBuilder.Grains.Directory;

/// <summary>What is stored of a page of the history.</summary>
[GenerateSerializer]
[Alias("imagebuilder.HistoryState")]
public sealed record HistoryState
{
    /// <summary>Sequence of the first build.</summary>
    [Id(0)]
    public long Start { get; init; }

    /// <summary>The builds, in the order of their ends.</summary>
    [Id(1)]
    public ImmutableArray<DirectoryEntry> Entries { get; init; } = [];
}
