using System.Collections.Immutable;
using ImageBuilder.Builds;
using ImageBuilder.Builds.Lifecycle;

namespace ImageBuilder.Grains.Messages;

/// <summary>A build as it stood at one version.</summary>
/// <param name="Id">The build.</param>
/// <param name="Version">Grows by one with everything that changes about the build, a request to cancel it and a pin included; the first is 1.</param>
/// <param name="Status">Where the build stands.</param>
/// <param name="WorkspaceRef">The image that the build makes.</param>
/// <param name="BaseRef">The image it stands on.</param>
/// <param name="Owner">On whose behalf the build runs.</param>
/// <param name="Attempt">Attempts made so far.</param>
/// <param name="CreatedAt">When the order was accepted.</param>
/// <param name="FinishedAt">When the build ended; null before.</param>
/// <param name="Digest">Digest of the image; null unless the build succeeded.</param>
/// <param name="Failure">Why there is no image; null unless the build ended without one.</param>
[GenerateSerializer]
[Immutable]
[Alias("imagebuilder.BuildSnapshot")]
public sealed record BuildSnapshot(
    [property: Id(0)] Guid Id,
    [property: Id(1)] long Version,
    [property: Id(2)] BuildStatus Status,
    [property: Id(3)] string WorkspaceRef,
    [property: Id(4)] string BaseRef,
    [property: Id(5)] string Owner,
    [property: Id(6)] int Attempt,
    [property: Id(7)] DateTimeOffset CreatedAt,
    [property: Id(8)] DateTimeOffset? FinishedAt,
    [property: Id(9)] string? Digest,
    [property: Id(10)] BuildFailureMessage? Failure)
{
    /// <summary>Whether somebody waits for the build.</summary>
    [Id(11)]
    public BuildPriority Priority { get; init; }

    /// <summary>When this version was reached.</summary>
    [Id(12)]
    public DateTimeOffset UpdatedAt { get; init; }

    /// <summary>When the first builder was started; null before.</summary>
    [Id(13)]
    public DateTimeOffset? StartedAt { get; init; }

    /// <summary>When the build is ended if it still runs.</summary>
    [Id(14)]
    public DateTimeOffset Deadline { get; init; }

    /// <summary>Whether somebody asked for the end of the build.</summary>
    [Id(15)]
    public bool CancelRequested { get; init; }

    /// <summary>Whether the build is kept past retention.</summary>
    [Id(16)]
    public bool Pinned { get; init; }

    /// <summary>
    /// While the build waits for its turn: how many stand before it, as far as is known at the moment, which changes without a new version; null otherwise.
    /// </summary>
    [Id(17)]
    public int? BuildsAhead { get; init; }

    /// <summary>Whether layers of earlier builds may not be used.</summary>
    [Id(18)]
    public bool NoCache { get; init; }

    /// <summary>What the Dockerfile is built with; null for nothing.</summary>
    [Id(19)]
    public BuildExtrasMessage? Extras { get; init; }

    /// <summary>Whether the build has ended.</summary>
    public bool IsFinal => BuildLifecycle.IsFinal(Status);
}

/// <summary>Why a build ended without an image.</summary>
/// <param name="Reason">The kind of failure.</param>
/// <param name="Message">What the user reads.</param>
/// <param name="LastLines">The last lines of the log, at most 20.</param>
[GenerateSerializer]
[Immutable]
[Alias("imagebuilder.BuildFailure")]
public sealed record BuildFailureMessage(
    [property: Id(0)] FailureReason Reason,
    [property: Id(1)] string Message,
    [property: Id(2)] ImmutableArray<string> LastLines);
