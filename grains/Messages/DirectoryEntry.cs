using ImageBuilder.Builds;
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
    [property: Id(6)] DateTimeOffset? FinishedAt)
{
    /// <summary>Whether somebody waits for the build.</summary>
    [Id(7)]
    public BuildPriority Priority { get; init; }

    /// <summary>The version of the build that this tells of.</summary>
    [Id(8)]
    public long Version { get; init; }

    /// <summary>Attempts made so far.</summary>
    [Id(9)]
    public int Attempt { get; init; }

    /// <summary>When this version was reached.</summary>
    [Id(10)]
    public DateTimeOffset UpdatedAt { get; init; }

    /// <summary>When the first builder was started; null before.</summary>
    [Id(11)]
    public DateTimeOffset? StartedAt { get; init; }

    /// <summary>When the build is ended if it still runs.</summary>
    [Id(12)]
    public DateTimeOffset Deadline { get; init; }

    /// <summary>Digest of the image; null unless the build succeeded.</summary>
    [Id(13)]
    public string? Digest { get; init; }

    /// <summary>The kind of failure; null unless the build ended without an image.</summary>
    [Id(14)]
    public FailureReason? Reason { get; init; }

    /// <summary>What the user reads of the failure; null unless the build ended without an image.</summary>
    [Id(15)]
    public string? Message { get; init; }

    /// <summary>Whether somebody asked for the end of the build.</summary>
    [Id(16)]
    public bool CancelRequested { get; init; }

    /// <summary>Whether the build is kept past retention.</summary>
    [Id(17)]
    public bool Pinned { get; init; }

    /// <summary>Bytes of log that were kept when it had ended.</summary>
    [Id(18)]
    public long LogBytes { get; init; }

    internal DirectoryPosition Position => new(CreatedAt, Id);
}
