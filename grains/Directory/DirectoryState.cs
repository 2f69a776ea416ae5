using System.Collections.Immutable;
using ImageBuilder.Grains.Messages;

namespace ImageBuilder.Grains.Directory;

/// <summary>What is stored of a shard of the directory.</summary>
[GenerateSerializer]
[Alias("imagebuilder.DirectoryState")]
public sealed record DirectoryState
{
    /// <summary>The builds that run.</summary>
    [Id(0)]
    public ImmutableDictionary<Guid, DirectoryEntry> Running { get; init; } = ImmutableDictionary<Guid, DirectoryEntry>.Empty;

    /// <summary>The builds that ended, oldest first.</summary>
    [Id(1)]
    public ImmutableList<DirectoryEntry> Ended { get; init; } = [];
}
