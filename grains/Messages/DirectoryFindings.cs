using System.Collections.Immutable;

namespace ImageBuilder.Grains.Messages;

/// <summary>What a shard of the directory found.</summary>
/// <param name="Hits">The builds, the newest first.</param>
/// <param name="Unreadable">Builds that ended, are kept, and could not be looked at: the page that they are in cannot be read.</param>
[GenerateSerializer]
[Immutable]
[Alias("imagebuilder.DirectoryFindings")]
public sealed record DirectoryFindings(
    [property: Id(0)] ImmutableArray<DirectoryHit> Hits,
    [property: Id(1)] int Unreadable);
