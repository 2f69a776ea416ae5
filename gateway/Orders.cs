using Grpc.Core;
using ImageBuilder.Contracts;
using ImageBuilder.Gateway.Requests;
using ImageBuilder.Grains;
using ImageBuilder.Grains.Messages;
using Orleans;

namespace ImageBuilder.Gateway;

/// <summary>Places orders, whichever API they came by: an image that exists is told at once, for any other its grain starts or joins a build.</summary>
internal sealed class Orders(IGrainFactory grains, GrainCalls calls, Images images, RegistryAccessReader accessReader, GatewayOptions options)
{
    /// <summary>What clients of the old API know a service by that cannot start builds at the moment.</summary>
    public const string PlaceUnavailable = "workspace services are currently unavailable";

    /// <summary>Places the order.</summary>
    /// <exception cref="RpcException">The images cannot be told or looked up, or no build can be started.</exception>
    public async Task<PlacedOrder> PlaceAsync(Order order, CancellationToken cancellationToken)
    {
        var source = order.Source;
        var access = accessReader.Read(order.Auth);
        if (order.KnownBase.Length > 0 && !order.Force)
        {
            access = accessReader.WithBaseRepository(access, order.Auth);
            var knownWorkspaceRef = options.Repositories.WorkspaceReference(order.KnownBase);
            if (await images.ExistsAsync(knownWorkspaceRef, access, patient: true, "cannot check if image is already built", cancellationToken))
            {
                return new PlacedOrder(knownWorkspaceRef, order.KnownBase, Ticket: null);
            }

            if (await CanResolveAsync(order.KnownBase, access, order.Patient, cancellationToken))
            {
                source = new BuildSource { Ref = new BuildSourceReference { Ref = order.KnownBase } };
            }
        }

        var (baseRef, workspaceRef) = await images.NameAsync(source, order.Extras, access, order.Patient, cancellationToken);
        if (!order.Force
            && await images.ExistsAsync(workspaceRef, access, patient: true, "cannot check if image is already built", cancellationToken))
        {
            return new PlacedOrder(workspaceRef, baseRef, Ticket: null);
        }

        var buildBase = source.File is not null
            && (order.Force || !await images.ExistsAsync(baseRef, access, patient: true, "cannot check if base image is already built", cancellationToken));
        var message = Message(order, source, access, baseRef, workspaceRef, buildBase);
        return new PlacedOrder(workspaceRef, baseRef, await StartAsync(message, cancellationToken));
    }

    private static BuildOrderMessage Message(
        Order order, BuildSource source, RegistryAccessMessage access, string baseRef, string workspaceRef, bool buildBase)
    {
        var (password, oneTimeSecretUrl) = source.File is null ? (string.Empty, string.Empty) : SourceReader.ReadSecrets(source.File);
        return new BuildOrderMessage(
            workspaceRef,
            baseRef,
            source.File is null ? null : SourceReader.ReadContext(source.File),
            buildBase,
            order.Force,
            order.Owner,
            order.SupervisorRef,
            access,
            password,
            oneTimeSecretUrl)
        {
            Priority = order.Priority,
            Deadline = order.Deadline,
            NoCache = order.NoCache,
            Extras = BuildExtrasMessage.Of(order.Extras),
        };
    }

    private async Task<BuildTicket> StartAsync(BuildOrderMessage order, CancellationToken cancellationToken)
    {
        try
        {
            return await calls.RetryAsync(() => grains.GetGrain<IImageGrain>(order.WorkspaceRef).Build(order), cancellationToken);
        }
        catch (Exception error) when (GrainCalls.IsPassing(error))
        {
            throw new RpcException(new Status(StatusCode.Unavailable, PlaceUnavailable));
        }
        catch (Exception error) when (error is not OperationCanceledException)
        {
            throw new RpcException(new Status(StatusCode.Internal, $"cannot start build: {error.Message}"));
        }
    }

    private async Task<bool> CanResolveAsync(string reference, RegistryAccessMessage access, bool patient, CancellationToken cancellationToken)
    {
        try
        {
            await images.ResolveAsync(reference, access, patient, cancellationToken);
            return true;
        }
        catch (RpcException)
        {
            // The name an earlier build led to is a shortcut; without it the source is built as it was given.
            return false;
        }
    }
}
