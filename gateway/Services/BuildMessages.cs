using Google.Protobuf.WellKnownTypes;
using ImageBuilder.Contracts.V1;
using ImageBuilder.Grains.Messages;
using BuildPriority = ImageBuilder.Builds.BuildPriority;

namespace ImageBuilder.Gateway.Services;

/// <summary>Builds in the words of the service's own API, whose enumerations are those of the domain, one higher: 0 is for "not given".</summary>
internal static class BuildMessages
{
    /// <summary>A build.</summary>
    public static Build Of(BuildSnapshot build)
    {
        var message = Listed(build);
        message.Failure?.LastLogLines.AddRange(build.Failure!.LastLines);
        if (build.BuildsAhead is { } ahead)
        {
            message.BuildsAhead = ahead;
        }

        message.NoCache = build.NoCache;
        message.Extras = build.Extras is { } extras ? Of(extras) : null;
        return message;
    }

    /// <summary>A build without what lists leave out.</summary>
    public static Build Listed(BuildSnapshot build) => new()
    {
        BuildId = build.Id.ToString(),
        Version = build.Version,
        Status = Of(build.Status),
        WorkspaceRef = build.WorkspaceRef,
        BaseRef = build.BaseRef,
        Owner = build.Owner,
        Priority = Of(build.Priority),
        Attempt = build.Attempt,
        CreateTime = build.CreatedAt.ToTimestamp(),
        UpdateTime = build.UpdatedAt.ToTimestamp(),
        StartTime = build.StartedAt?.ToTimestamp(),
        EndTime = build.FinishedAt?.ToTimestamp(),
        Deadline = build.Deadline.ToTimestamp(),
        Digest = build.Digest ?? string.Empty,
        Failure = build.Failure is { } failure ? new Failure { Reason = Of(failure.Reason), Message = failure.Message } : null,
        CancelRequested = build.CancelRequested,
        Pinned = build.Pinned,
    };

    /// <summary>A build that has ended, as the directory lists it.</summary>
    public static Build Of(DirectoryEntry build) => new()
    {
        BuildId = build.Id.ToString(),
        Version = build.Version,
        Status = Of(build.Status),
        WorkspaceRef = build.WorkspaceRef,
        BaseRef = build.BaseRef,
        Owner = build.Owner,
        Priority = Of(build.Priority),
        Attempt = build.Attempt,
        CreateTime = build.CreatedAt.ToTimestamp(),
        UpdateTime = build.UpdatedAt.ToTimestamp(),
        StartTime = build.StartedAt?.ToTimestamp(),
        EndTime = build.FinishedAt?.ToTimestamp(),
        Deadline = build.Deadline.ToTimestamp(),
        Digest = build.Digest ?? string.Empty,
        Failure = build.Reason is { } reason ? new Failure { Reason = Of(reason), Message = build.Message ?? string.Empty } : null,
        CancelRequested = build.CancelRequested,
        Pinned = build.Pinned,
    };

    /// <summary>The queue.</summary>
    public static Queue Of(QueueSnapshot queue) => new()
    {
        Concurrency = queue.Concurrency,
        ConcurrencyPerOwner = queue.ConcurrencyPerOwner,
        WaitingDeadline = queue.WaitingDeadline?.ToDuration(),
        Running = { queue.Running.Select(build => Of(build, build.Since)) },
        Waiting = { queue.Waiting.Select(build => Of(build, build.WaitingSince)) },
    };

    /// <summary>The status that is meant; the message's own, or one that no build has.</summary>
    public static Builds.Lifecycle.BuildStatus ToDomain(BuildStatus status) => (Builds.Lifecycle.BuildStatus)(status - 1);

    /// <summary>The reason that is meant.</summary>
    public static Builds.Lifecycle.FailureReason ToDomain(FailureReason reason) => (Builds.Lifecycle.FailureReason)(reason - 1);

    private static BuildStatus Of(Builds.Lifecycle.BuildStatus status) => (BuildStatus)((int)status + 1);

    private static FailureReason Of(Builds.Lifecycle.FailureReason reason) => (FailureReason)((int)reason + 1);

    private static Extras Of(BuildExtrasMessage extras) => new()
    {
        BuildArgs = { extras.Arguments },
        Labels = { extras.Labels },
        TargetStage = extras.Stage,
        Platform = extras.Platform,
    };

    private static QueuedBuild Of(QueueTicket ticket, DateTimeOffset since) => new()
    {
        BuildId = ticket.BuildId.ToString(),
        Owner = ticket.Owner,
        Priority = Of(ticket.Priority),
        Since = since.ToTimestamp(),
    };

    private static Priority Of(BuildPriority priority) => (Priority)((int)priority + 1);
}
