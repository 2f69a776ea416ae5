using System.Collections.Immutable;
using ImageBuilder.Builds;
using ImageBuilder.Builds.Admission;
using ImageBuilder.Builds.Lifecycle;
using ImageBuilder.Grains.Messages;
using ImageBuilder.Registry.Credentials;

namespace ImageBuilder.Grains.Builds;

/// <summary>What is stored of a build. Nothing secret is in it. Whatever changes about it makes a new version.</summary>
[GenerateSerializer]
[Alias("imagebuilder.BuildState")]
public sealed record BuildState
{
    /// <summary>Versions that are kept of one build: far more than its lifecycle has, so that only pins can reach it.</summary>
    public const int MaxTransitions = 64;

    /// <summary>What the build makes; null before it was accepted.</summary>
    [Id(0)]
    public StoredOrder? Order { get; init; }

    /// <summary>Where the build stands.</summary>
    [Id(1)]
    public BuildStatus Status { get; init; }

    /// <summary>Grows by one with everything that changes.</summary>
    [Id(2)]
    public long Version { get; init; }

    /// <summary>The attempt that is going on or was last made; 0 before the first.</summary>
    [Id(3)]
    public int Attempt { get; init; }

    /// <summary>Where the log of that attempt begins in the log of the build.</summary>
    [Id(4)]
    public long AttemptLogStart { get; init; }

    /// <summary>Whether the order came with secrets, which an attempt after a restart would lack.</summary>
    [Id(5)]
    public bool HadSecrets { get; init; }

    /// <summary>When the order was accepted.</summary>
    [Id(6)]
    public DateTimeOffset CreatedAt { get; init; }

    /// <summary>When the build ended.</summary>
    [Id(7)]
    public DateTimeOffset? FinishedAt { get; init; }

    /// <summary>Digest of the image.</summary>
    [Id(8)]
    public string? Digest { get; init; }

    /// <summary>Why there is no image.</summary>
    [Id(9)]
    public BuildFailureMessage? Failure { get; init; }

    /// <summary>When the first builder was started.</summary>
    [Id(10)]
    public DateTimeOffset? StartedAt { get; init; }

    /// <summary>Who asked for the end of the build; null when nobody did.</summary>
    [Id(11)]
    public string? CancelledBy { get; init; }

    /// <summary>Whether the build is kept past retention.</summary>
    [Id(12)]
    public bool Pinned { get; init; }

    /// <summary>The last versions, oldest first.</summary>
    [Id(13)]
    public ImmutableArray<StoredTransition> Transitions { get; init; } = [];

    /// <summary>The name of the silo that runs the attempt; null where there is no other.</summary>
    [Id(14)]
    public string? Site { get; init; }

    /// <summary>Which run of that silo.</summary>
    [Id(16)]
    public string? SiteRun { get; init; }

    /// <summary>Attempts that were lost with the silo that ran them.</summary>
    [Id(15)]
    public int LostWithSite { get; init; }

    /// <summary>Whether there is work left on the build.</summary>
    internal bool IsUnfinished => Order is not null && !BuildLifecycle.IsFinal(Status);

    /// <summary>A build that was just accepted.</summary>
    internal static BuildState Accepted(BuildOrderMessage order, DateTimeOffset now, TimeSpan longest) => new BuildState
    {
        Order = StoredOrder.From(order, longest),
        Status = BuildStatus.Queued,
        HadSecrets = order.ToSecrets().Any,
        CreatedAt = now,
    }.Changed(now);

    /// <summary>A build of which no more is known than the directory lists, at its end.</summary>
    internal static BuildState GivenUp(DirectoryEntry listed, string message, DateTimeOffset now) => new BuildState
    {
        Order = new StoredOrder(
            listed.WorkspaceRef, listed.BaseRef, Context: null, BuildBase: false, NoCache: false, listed.Owner, SupervisorRef: string.Empty,
            AllowAll: false, AllowedHosts: [], listed.Priority, Deadline: null),
        Status = BuildStatus.Failed,
        // Behind every version that somebody may have been told.
        Version = listed.Version + MaxTransitions,
        Attempt = listed.Attempt,
        CreatedAt = listed.CreatedAt,
        StartedAt = listed.StartedAt,
        FinishedAt = now,
        Failure = new BuildFailureMessage(FailureReason.Internal, message, []),
        Pinned = listed.Pinned,
    }.Changed(now);

    /// <summary>The build in the next status.</summary>
    /// <exception cref="InvalidOperationException">A build does not move so.</exception>
    internal BuildState Moved(BuildStatus status, DateTimeOffset now) => BuildLifecycle.CanMove(Status, status)
        ? (this with { Status = status }).Changed(now)
        : throw new InvalidOperationException($"a build cannot move from {Status} to {status}");

    /// <summary>The build with a new attempt on its way.</summary>
    internal BuildState Launched(long logStart, DateTimeOffset now, string? site = null, string? run = null) =>
        (this with { Attempt = Attempt + 1, AttemptLogStart = logStart, StartedAt = StartedAt ?? now, Site = site is { Length: > 0 } ? site : null, SiteRun = run is { Length: > 0 } ? run : null }).Moved(BuildStatus.Launching, now);

    /// <summary>The build in the queue again.</summary>
    /// <param name="withSite">Whether the attempt was lost with the silo that ran it.</param>
    /// <param name="now">When.</param>
    internal BuildState Requeued(bool withSite, DateTimeOffset now) =>
        (this with { Site = null, SiteRun = null, LostWithSite = LostWithSite + (withSite && LostWithSite < AttemptPolicy.MaxLostWithSite ? 1 : 0) }).Moved(BuildStatus.Queued, now);

    /// <summary>The build at its end.</summary>
    internal BuildState Ended(BuildStatus status, BuildFailureMessage? failure, string? digest, DateTimeOffset now) =>
        (this with { FinishedAt = now, Failure = failure, Digest = digest }).Moved(status, now);

    /// <summary>The build when somebody has asked for its end; the same when it has ended, or was asked to before.</summary>
    internal BuildState CancelRequested(string by, DateTimeOffset now) =>
        IsUnfinished && CancelledBy is null ? (this with { CancelledBy = by }).Changed(now) : this;

    /// <summary>The build pinned or not.</summary>
    internal BuildState PinnedAs(bool pinned, DateTimeOffset now) =>
        Order is not null && Pinned != pinned ? (this with { Pinned = pinned }).Changed(now) : this;

    /// <summary>The build's turn among others.</summary>
    internal Turn ToTurn(Guid id)
    {
        var queued = Transitions.Reverse().TakeWhile(transition => transition.Status == BuildStatus.Queued).LastOrDefault();
        return new Turn(id, Order!.Owner, Order.Priority, CreatedAt, queued?.At ?? CreatedAt);
    }

    /// <summary>When the build is ended if it still runs.</summary>
    internal DateTimeOffset DeadlineAt(TimeSpan longest) => CreatedAt + DeadlinePolicy.Of(Order!.Deadline, longest);

    /// <summary>The build as it stands.</summary>
    internal BuildSnapshot ToSnapshot(Guid id, TimeSpan longest) => new(
        id, Version, Status, Order!.WorkspaceRef, Order.BaseRef, Order.Owner, Attempt, CreatedAt, FinishedAt, Digest, Failure)
    {
        Priority = Order.Priority,
        UpdatedAt = Transitions.IsEmpty ? FinishedAt ?? CreatedAt : Transitions[^1].At,
        StartedAt = StartedAt,
        Deadline = DeadlineAt(longest),
        CancelRequested = CancelledBy is not null,
        Pinned = Pinned,
        NoCache = Order.NoCache,
        Extras = Order.Extras,
    };

    /// <summary>The build as it stood at every version after <paramref name="version"/> that is kept.</summary>
    internal ImmutableArray<BuildSnapshot> SnapshotsAfter(long version, Guid id, TimeSpan longest)
    {
        var last = ToSnapshot(id, longest);
        return
        [
            .. Transitions.Where(transition => transition.Version > version && transition.Version < Version).Select(transition =>
            {
                var ended = BuildLifecycle.IsFinal(transition.Status);
                return last with
                {
                    Version = transition.Version,
                    Status = transition.Status,
                    Attempt = transition.Attempt,
                    UpdatedAt = transition.At,
                    StartedAt = transition.Attempt > 0 ? StartedAt : null,
                    CancelRequested = transition.CancelRequested,
                    Pinned = transition.Pinned,
                    FinishedAt = ended ? FinishedAt : null,
                    Digest = ended ? Digest : null,
                    Failure = ended ? Failure : null,
                };
            }),
            .. Version > version ? [last] : ReadOnlySpan<BuildSnapshot>.Empty,
        ];
    }

    /// <summary>The build as the directory lists it.</summary>
    internal DirectoryEntry ToEntry(Guid id, TimeSpan longest)
    {
        var snapshot = ToSnapshot(id, longest);
        return new DirectoryEntry(id, Order!.WorkspaceRef, Order.BaseRef, Order.Owner, CreatedAt, Status, FinishedAt)
        {
            Priority = snapshot.Priority,
            Version = Version,
            Attempt = Attempt,
            UpdatedAt = snapshot.UpdatedAt,
            StartedAt = StartedAt,
            Deadline = snapshot.Deadline,
            Digest = Digest,
            Reason = Failure?.Reason,
            Message = Failure?.Message,
            CancelRequested = snapshot.CancelRequested,
            Pinned = Pinned,
        };
    }

    private BuildState Changed(DateTimeOffset now)
    {
        var version = Version + 1;
        var known = Transitions.Length < MaxTransitions ? Transitions : Transitions.RemoveAt(0);
        return this with
        {
            Version = version,
            Transitions = known.Add(new StoredTransition(version, Status, Attempt, now, CancelledBy is not null, Pinned)),
        };
    }
}

/// <summary>What is stored of a version of a build that it is at no more.</summary>
[GenerateSerializer]
[Alias("imagebuilder.StoredTransition")]
public sealed record StoredTransition(
    [property: Id(0)] long Version,
    [property: Id(1)] BuildStatus Status,
    [property: Id(2)] int Attempt,
    [property: Id(3)] DateTimeOffset At,
    [property: Id(4)] bool CancelRequested,
    [property: Id(5)] bool Pinned);

/// <summary>What is stored of an order: which of the installation's credentials it may use, but no credential.</summary>
[GenerateSerializer]
[Alias("imagebuilder.StoredOrder")]
public sealed record StoredOrder(
    [property: Id(0)] string WorkspaceRef,
    [property: Id(1)] string BaseRef,
    [property: Id(2)] BuildContextMessage? Context,
    [property: Id(3)] bool BuildBase,
    [property: Id(4)] bool NoCache,
    [property: Id(5)] string Owner,
    [property: Id(6)] string SupervisorRef,
    [property: Id(7)] bool AllowAll,
    [property: Id(8)] ImmutableArray<string> AllowedHosts,
    [property: Id(9)] BuildPriority Priority,
    [property: Id(10)] TimeSpan? Deadline)
{
    /// <summary>What the Dockerfile is built with; null for nothing.</summary>
    [Id(11)]
    public BuildExtrasMessage? Extras { get; init; }

    internal static StoredOrder From(BuildOrderMessage order, TimeSpan longest) => new(
        order.WorkspaceRef, order.BaseRef, order.Context, order.BuildBase, order.Force || order.NoCache, order.Owner, order.SupervisorRef,
        order.Access.AllowAll, order.Access.AllowedHosts, order.Priority, DeadlinePolicy.Of(order.Deadline, longest))
    {
        Extras = order.Extras,
    };

    internal BuildOrder ToOrder() => new(WorkspaceRef, BaseRef, Context?.ToSource(), BuildBase, NoCache, Owner, SupervisorRef)
    {
        Extras = Extras?.ToExtras() ?? BuildExtras.None,
    };

    /// <summary>The secrets of an order that came with none.</summary>
    internal BuildSecrets ToSecrets() => new(
        new RegistryAccess { AllowAll = AllowAll, AllowedHosts = AllowedHosts }, GitPassword: string.Empty, GitOneTimeSecretUrl: string.Empty);
}
