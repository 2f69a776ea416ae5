using Google.Protobuf;
using Grpc.Core;
using ImageBuilder.Contracts.V1;
using ImageBuilder.Gateway.Requests;
using ImageBuilder.Grains;
using ImageBuilder.Grains.Messages;
using Orleans;
using BuildsBase = ImageBuilder.Contracts.V1.Builds.BuildsBase;

namespace ImageBuilder.Gateway.Services;

/// <summary>The service's own API, served from the same grains as the old one. It keeps no state.</summary>
internal sealed class BuildsService(
    IGrainFactory grains, GrainCalls calls, Orders orders, BuildFollower follower, BuildList list, OpenStreams streams) : BuildsBase
{
    /// <inheritdoc />
    public override Task<StartBuildResponse> StartBuild(StartBuildRequest request, ServerCallContext context) => AskAsync(async () =>
    {
        var placed = await orders.PlaceAsync(BuildsRequestReader.Order(request), context.CancellationToken);
        var build = placed.Ticket is { } ticket
            ? await follower.FindAsync(ticket.BuildId, context.CancellationToken)
                ?? throw new RpcException(new Status(StatusCode.Unavailable, "the build was not stored; please ask for it again"))
            : await FindMakerAsync(placed.WorkspaceRef, context.CancellationToken);
        return new StartBuildResponse
        {
            Outcome = placed.Ticket switch
            {
                null => StartOutcome.AlreadyBuilt,
                { Joined: true } => StartOutcome.Joined,
                _ => StartOutcome.Started,
            },
            WorkspaceRef = placed.WorkspaceRef,
            BaseRef = placed.BaseRef,
            Build = build is null ? null : BuildMessages.Of(build),
        };
    });

    /// <inheritdoc />
    public override Task<Build> GetBuild(GetBuildRequest request, ServerCallContext context) => AskAsync(async () =>
    {
        var id = request.BuildCase switch
        {
            GetBuildRequest.BuildOneofCase.BuildId => BuildsRequestReader.BuildId(request.BuildId),
            GetBuildRequest.BuildOneofCase.WorkspaceRef => await FindLatestAsync(request.WorkspaceRef, context.CancellationToken),
            _ => throw new RpcException(new Status(StatusCode.InvalidArgument, "build: build_id or workspace_ref must be given")),
        };
        return BuildMessages.Of(await follower.FindAsync(id, context.CancellationToken) ?? throw NotFound());
    });

    /// <inheritdoc />
    public override Task<ListBuildsResponse> ListBuilds(ListBuildsRequest request, ServerCallContext context) => AskAsync(async () =>
    {
        var (builds, next, unreadable) = await list.ReadAsync(BuildsRequestReader.Query(request), context.CancellationToken);
        return new ListBuildsResponse
        {
            Builds = { builds },
            NextPageToken = next is { } position ? PageToken.Write(position, request.Filter) : string.Empty,
            Unreadable = unreadable,
        };
    });

    /// <inheritdoc />
    public override async Task WatchBuild(WatchBuildRequest request, IServerStreamWriter<Build> responseStream, ServerCallContext context)
    {
        var id = BuildsRequestReader.BuildId(request.BuildId);
        var version = BuildsRequestReader.NotNegative("after_version", request.AfterVersion);
        await RequireAsync(id, context.CancellationToken);
        await streams.UntilStoppingAsync(context, async stop =>
        {
            await foreach (var build in follower.FollowVersionsAsync(id, version, stop))
            {
                await responseStream.WriteAsync(BuildMessages.Of(build), stop);
            }
        });
    }

    /// <inheritdoc />
    public override async Task ReadLog(ReadLogRequest request, IServerStreamWriter<ReadLogResponse> responseStream, ServerCallContext context)
    {
        var id = BuildsRequestReader.BuildId(request.BuildId);
        var next = BuildsRequestReader.NotNegative("offset", request.Offset);
        await RequireAsync(id, context.CancellationToken);
        await streams.UntilStoppingAsync(context, async stop =>
        {
            await foreach (var part in follower.ReadLogAsync(id, next, request.Follow, stop))
            {
                if (part.Content.IsEmpty && part.Offset == next && !part.Ended)
                {
                    continue;
                }

                next = part.Next;
                await responseStream.WriteAsync(
                    new ReadLogResponse
                    {
                        Offset = part.Offset,

                        // The bytes are never written again.
                        Content = UnsafeByteOperations.UnsafeWrap(part.Content),
                        NextOffset = next,
                        End = part.Ended,
                    },
                    stop);
            }
        });
    }

    /// <inheritdoc />
    public override Task<Build> CancelBuild(CancelBuildRequest request, ServerCallContext context) => AskAsync(async () =>
    {
        var id = BuildsRequestReader.BuildId(request.BuildId);
        var by = BuildsRequestReader.By(request.By);
        var build = await calls.RetryAsync(() => grains.GetGrain<IBuildGrain>(id).Cancel(by), context.CancellationToken);
        return BuildMessages.Of(build ?? throw NotFound());
    });

    /// <inheritdoc />
    public override Task<Build> PinBuild(PinBuildRequest request, ServerCallContext context) => AskAsync(async () =>
    {
        var id = BuildsRequestReader.BuildId(request.BuildId);
        var shard = DirectoryShards.Of(grains, id);
        if (request.Pinned)
        {
            switch (await calls.RetryAsync(() => shard.Pin(id), context.CancellationToken))
            {
                case PinOutcome.NotFound:
                    throw NotFound();
                case PinOutcome.TooMany:
                    throw new RpcException(new Status(
                        StatusCode.ResourceExhausted,
                        $"as many builds are pinned as may be ({DirectoryShards.PinsPerShard} in each of {DirectoryShards.Count} parts of the directory); unpin others first"));
            }
        }

        if (await calls.RetryAsync(() => grains.GetGrain<IBuildGrain>(id).SetPinned(request.Pinned), context.CancellationToken) is { } build)
        {
            return BuildMessages.Of(build);
        }

        await shard.Unpin(id);
        throw NotFound();
    });

    /// <inheritdoc />
    public override Task<Queue> GetQueue(GetQueueRequest request, ServerCallContext context) => AskAsync(async () =>
        BuildMessages.Of(await calls.RetryAsync(() => grains.GetGrain<IQueueGrain>(IQueueGrain.Default).Get(), context.CancellationToken)));

    private static RpcException NotFound() => new(new Status(StatusCode.NotFound, "build not found: no such build, or it is past its retention"));

    /// <summary>Answers in the words of gRPC when the grains cannot.</summary>
    private static async Task<T> AskAsync<T>(Func<Task<T>> call)
    {
        try
        {
            return await call();
        }
        catch (Exception error) when (GrainCalls.IsPassing(error))
        {
            throw new RpcException(new Status(StatusCode.Unavailable, "the service cannot look it up at the moment; please ask again"));
        }
        catch (Exception error) when (error is not (RpcException or OperationCanceledException or UnreadableStateException))
        {
            throw new RpcException(new Status(StatusCode.Internal, $"the service cannot answer: {error.Message}"));
        }
    }

    private async Task RequireAsync(Guid id, CancellationToken cancellationToken) =>
        await AskAsync(async () => await follower.ExistsAsync(id, cancellationToken) ? id : throw NotFound());

    private async Task<Guid> FindLatestAsync(string workspaceRef, CancellationToken cancellationToken)
    {
        var image = grains.GetGrain<IImageGrain>(BuildsRequestReader.WorkspaceRef(workspaceRef));
        return await calls.RetryAsync(image.GetLatestBuild, cancellationToken) ?? throw NotFound();
    }

    /// <summary>The build that made an image, if it is the last one of it and still known.</summary>
    private async Task<BuildSnapshot?> FindMakerAsync(string workspaceRef, CancellationToken cancellationToken)
    {
        try
        {
            var latest = await calls.RetryAsync(grains.GetGrain<IImageGrain>(workspaceRef).GetLatestBuild, cancellationToken);
            var build = latest is { } id ? await follower.FindAsync(id, cancellationToken) : null;
            return build?.Status == ImageBuilder.Builds.Lifecycle.BuildStatus.Succeeded ? build : null;
        }
        catch (UnreadableStateException)
        {
            // The image is there all the same.
            return null;
        }
    }
}
