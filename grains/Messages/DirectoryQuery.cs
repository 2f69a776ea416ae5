using System.Collections.Immutable;
using ImageBuilder.Builds.Lifecycle;

namespace ImageBuilder.Grains.Messages;

/// <summary>Which builds are looked for: those that meet every condition given.</summary>
/// <param name="Ref">The workspace image or the base image; empty for any.</param>
/// <param name="Owner">The owner; empty for any.</param>
/// <param name="Statuses">One of these; empty for any.</param>
/// <param name="Reasons">Failed for one of these; empty for any, builds that did not fail included.</param>
/// <param name="CreatedFrom">Accepted at this time or later.</param>
/// <param name="CreatedBefore">Accepted before this time.</param>
/// <param name="Before">Only builds behind this place of the list; null for all.</param>
/// <param name="Limit">How many builds a shard names at most, at least 1.</param>
[GenerateSerializer]
[Immutable]
[Alias("imagebuilder.DirectoryQuery")]
public sealed record DirectoryQuery(
    [property: Id(0)] string Ref,
    [property: Id(1)] string Owner,
    [property: Id(2)] ImmutableArray<BuildStatus> Statuses,
    [property: Id(3)] ImmutableArray<FailureReason> Reasons,
    [property: Id(4)] DateTimeOffset? CreatedFrom,
    [property: Id(5)] DateTimeOffset? CreatedBefore,
    [property: Id(6)] DirectoryPosition? Before,
    [property: Id(7)] int Limit)
{
    /// <summary>Every build, the newest first.</summary>
    public static DirectoryQuery Newest(int limit) => new(string.Empty, string.Empty, [], [], null, null, null, limit);

    /// <summary>Whether a build that has ended is looked for.</summary>
    public bool Matches(DirectoryEntry entry) =>
        (Ref.Length == 0 || entry.WorkspaceRef == Ref || entry.BaseRef == Ref)
        && (Owner.Length == 0 || entry.Owner == Owner)
        && Includes(entry.CreatedAt)
        && Includes(entry.Status, entry.Reason);

    /// <summary>Whether a build with this status and this reason is looked for.</summary>
    public bool Includes(BuildStatus status, FailureReason? reason) =>
        (Statuses.IsEmpty || Statuses.Contains(status))
        && (Reasons.IsEmpty || (reason is { } failed && Reasons.Contains(failed)));

    internal bool Includes(DateTimeOffset createdAt) =>
        (CreatedFrom is not { } from || createdAt >= from) && (CreatedBefore is not { } before || createdAt < before);
}
