using ImageBuilder.Builds.Lifecycle;

namespace ImageBuilder.Grains.Messages;

/// <summary>A build as the directory lists it.</summary>
/// <param name="Id">The build.</param>
/// <param name="WorkspaceRef">The image that the build makes.</param>
/// <param name="BaseRef">The image it stands on.</param>
/// <param name="Owner">On whose behalf the build runs.</param>
/// <param name="CreatedAt">When the order was accepted.</param>
/// <param name="Status">How the build ended; <see cref="BuildStatus.Running"/> while it has not.</param>
/// <param name="FinishedAt">When the build ended; null before.</param>
[GenerateSerializer]
[Immutable]
[Alias("imagebuilder.DirectoryEntry")]
public sealed record DirectoryEntry(
    [property: Id(0)] Guid Id,
    [property: Id(1)] string WorkspaceRef,
    [property: Id(2)] string BaseRef,
    [property: Id(3)] string Owner,
    [property: Id(4)] DateTimeOffset CreatedAt,
    [property: Id(5)] BuildStatus Status,
    [property: Id(6)] DateTimeOffset? FinishedAt);
