namespace ImageBuilder.Grains.Messages;

/// <summary>A build that a shard of the directory found.</summary>
/// <param name="Position">The build and its place in the list.</param>
/// <param name="IsRunning">
/// Whether it has not ended yet: the directory does not follow a running build from status to status, its grain knows how it stands.
/// </param>
/// <param name="Sequence">Where the shard keeps it; of use to the shard alone.</param>
[GenerateSerializer]
[Immutable]
[Alias("imagebuilder.DirectoryHit")]
public readonly record struct DirectoryHit(
    [property: Id(0)] DirectoryPosition Position,
    [property: Id(1)] bool IsRunning,
    [property: Id(2)] long Sequence);
