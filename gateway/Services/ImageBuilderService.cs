using System.Globalization;
using Google.Protobuf;
using Grpc.Core;
using ImageBuilder.Builds;
using ImageBuilder.Builds.Lifecycle;
using ImageBuilder.Contracts;
using ImageBuilder.Gateway.Requests;
using ImageBuilder.Grains;
using ImageBuilder.Grains.Messages;
using Orleans;
using BuilderService = ImageBuilder.Contracts.ImageBuilder;
using OldStatus = ImageBuilder.Contracts.BuildStatus;
using Status = Grpc.Core.Status;

namespace ImageBuilder.Gateway.Services;

/// <summary>The API that clients of the service have always called, served from the grains. It keeps no state.</summary>
internal sealed class ImageBuilderService(
    IGrainFactory grains,
    GrainCalls calls,
    Images images,
    Orders orders,
    BuildFollower follower,
    BuildList list,
    RegistryAccessReader accessReader,
    OpenStreams streams) : BuilderService.ImageBuilderBase
{
    private const int MaxTextLength = 8 * 1024;

    /// <inheritdoc />
    public override async Task<ResolveBaseImageResponse> ResolveBaseImage(ResolveBaseImageRequest request, ServerCallContext context)
    {
        var access = accessReader.Read(request.Auth);
        return new ResolveBaseImageResponse
        {
            Ref = await images.ResolveAsync(request.Ref, access, request.UseRetryClient, context.CancellationToken),
        };
    }

    /// <inheritdoc />
    public override async Task<ResolveWorkspaceImageResponse> ResolveWorkspaceImage(
        ResolveWorkspaceImageRequest request, ServerCallContext context)
    {
        var access = accessReader.Read(request.Auth);
        var (baseRef, workspaceRef) = await images.NameAsync(request.Source, BuildExtras.None, access, request.UseRetryClient, context.CancellationToken);
        var exists = await images.ExistsAsync(workspaceRef, access, request.UseRetryClient, "cannot resolve workspace image", context.CancellationToken);
        return new ResolveWorkspaceImageResponse
        {
            Ref = workspaceRef,
            BaseRef = baseRef,
            Status = exists ? OldStatus.DoneSuccess : OldStatus.Unknown,
        };
    }

    /// <inheritdoc />
    public override async Task Build(BuildRequest request, IServerStreamWriter<BuildResponse> responseStream, ServerCallContext context)
    {
        if (request.Source is null || request.Source.FromCase == BuildSource.FromOneofCase.None)
        {
            throw new RpcException(new Status(StatusCode.InvalidArgument, "build source is missing"));
        }

        if (request.TriggeredBy.Length > MaxTextLength || request.SupervisorRef.Length > MaxTextLength || request.BaseImageNameResolved.Length > MaxTextLength)
        {
            throw new RpcException(new Status(
                StatusCode.InvalidArgument, $"triggered_by, supervisor_ref, base_image_name_resolved: at most {MaxTextLength} characters each"));
        }

        var (priority, deadline) = OrderHeaders.Read(context.RequestHeaders);
        var placed = await orders.PlaceAsync(
            new Order
            {
                Source = request.Source,
                Auth = request.Auth,
                Force = request.ForceRebuild,
                Owner = request.TriggeredBy,
                Patient = request.UseRetryClient,
                Priority = priority,
                Deadline = deadline,
                KnownBase = request.BaseImageNameResolved,
                SupervisorRef = request.SupervisorRef,
            },
            context.CancellationToken);
        if (placed.Ticket is not { } ticket)
        {
            await responseStream.WriteAsync(AlreadyBuilt(placed.WorkspaceRef, placed.BaseRef), context.CancellationToken);
            return;
        }

        await streams.UntilStoppingAsync(context, stop => TellAsync(ticket.BuildId, responseStream, stop));
    }

    /// <inheritdoc />
    public override async Task Logs(LogsRequest request, IServerStreamWriter<LogsResponse> responseStream, ServerCallContext context)
    {
        var buildId = await FindBuildAsync(request, context.CancellationToken)
            ?? throw new RpcException(new Status(StatusCode.NotFound, "build not found"));
        await streams.UntilStoppingAsync(context, stop => SendLogAsync(buildId, responseStream, stop));
    }

    /// <inheritdoc />
    public override async Task<ListBuildsResponse> ListBuilds(ListBuildsRequest request, ServerCallContext context)
    {
        var running = await list.ReadRunningAsync(context.CancellationToken);
        return new ListBuildsResponse
        {
            Builds = { running.Select(entry => Info(entry.Id, entry.WorkspaceRef, entry.BaseRef, OldStatus.Running, entry.CreatedAt)) },
        };
    }

    private static BuildResponse AlreadyBuilt(string workspaceRef, string baseRef) =>
        new() { Ref = workspaceRef, BaseRef = baseRef, Status = OldStatus.DoneSuccess };

    private static BuildInfo Info(Guid id, string workspaceRef, string baseRef, OldStatus status, DateTimeOffset startedAt) => new()
    {
        BuildId = id.ToString(),
        Ref = workspaceRef,
        BaseRef = baseRef,
        Status = status,
        StartedAt = startedAt.ToUnixTimeSeconds(),
    };

    private static BuildResponse Tell(BuildSnapshot build)
    {
        var status = build.Status switch
        {
            ImageBuilder.Builds.Lifecycle.BuildStatus.Succeeded => OldStatus.DoneSuccess,
            _ => build.IsFinal ? OldStatus.DoneFailure : OldStatus.Running,
        };
        return new BuildResponse
        {
            Ref = build.WorkspaceRef,
            BaseRef = build.BaseRef,
            Status = status,
            Message = build.Failure?.Message ?? string.Empty,
            Info = Info(build.Id, build.WorkspaceRef, build.BaseRef, status, build.CreatedAt),
        };
    }

    private async Task SendLogAsync(Guid buildId, IServerStreamWriter<LogsResponse> responseStream, CancellationToken cancellationToken)
    {
        long sent = 0;
        await foreach (var chunk in follower.ReadLogAsync(buildId, offset: 0, follow: true, cancellationToken))
        {
            if (chunk.Offset > sent)
            {
                var cut = string.Create(CultureInfo.InvariantCulture, $"\n[{chunk.Offset - sent} bytes of log are no longer kept]\n");
                await responseStream.WriteAsync(new LogsResponse { Content = ByteString.CopyFromUtf8(cut) }, cancellationToken);
            }

            if (!chunk.Content.IsEmpty)
            {
                // Nobody writes to these bytes any more.
                var content = UnsafeByteOperations.UnsafeWrap(chunk.Content);
                await responseStream.WriteAsync(new LogsResponse { Content = content }, cancellationToken);
            }

            sent = chunk.Next;
        }
    }

    private async Task TellAsync(Guid buildId, IServerStreamWriter<BuildResponse> responseStream, CancellationToken cancellationToken)
    {
        var ended = false;
        await foreach (var build in follower.FollowAsync(buildId, cancellationToken))
        {
            if (build.Failure?.Reason == FailureReason.LauncherUnavailable)
            {
                throw new RpcException(new Status(StatusCode.Unavailable, Orders.PlaceUnavailable));
            }

            await responseStream.WriteAsync(Tell(build), cancellationToken);
            ended = build.IsFinal;
        }

        if (!ended)
        {
            throw new RpcException(new Status(StatusCode.Internal, "cannot start build: the build was not stored; please ask for it again"));
        }
    }

    private async Task<Guid?> FindBuildAsync(LogsRequest request, CancellationToken cancellationToken)
    {
        if (Guid.TryParse(request.BuildId, out var id) && await follower.ExistsAsync(id, cancellationToken))
        {
            return id;
        }

        return request.BuildRef.Length is > 0 and <= 1024
            ? await calls.RetryAsync(() => grains.GetGrain<IImageGrain>(request.BuildRef).GetLatestBuild(), cancellationToken)
            : null;
    }
}
