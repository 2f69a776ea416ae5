using Grpc.Core;
using Grpc.Net.Client;
using ImageBuilder.Contracts;
using BuildsClient = ImageBuilder.Contracts.V1.Builds.BuildsClient;
using BuilderService = ImageBuilder.Contracts.ImageBuilder;

namespace ImageBuilder.Sandbox.Service;

/// <summary>A client of the service.</summary>
public sealed class ServiceClient : IDisposable
{
    private readonly GrpcChannel _channel;

    /// <summary>A client of the service at <paramref name="address"/>, for example "http://127.0.0.1:8080".</summary>
    public ServiceClient(string address)
    {
        _channel = GrpcChannel.ForAddress(address);
        Rpc = new BuilderService.ImageBuilderClient(_channel);
        Builds = new BuildsClient(_channel);
    }

    /// <summary>The bare calls.</summary>
    public BuilderService.ImageBuilderClient Rpc { get; }

    /// <summary>The bare calls of the service's own API.</summary>
    public BuildsClient Builds { get; }

    /// <summary>Builds to the end, copying the build's log to <paramref name="log"/> while it grows, and gives all that the stream said.</summary>
    public async Task<IReadOnlyList<BuildResponse>> BuildAsync(BuildRequest request, Stream log, CancellationToken cancellationToken = default)
    {
        using var call = Rpc.Build(request, cancellationToken: cancellationToken);
        var responses = new List<BuildResponse>();
        var following = Task.CompletedTask;
        await foreach (var response in call.ResponseStream.ReadAllAsync(cancellationToken))
        {
            responses.Add(response);
            if (responses.Count == 1 && response.Status is BuildStatus.Running or BuildStatus.Unknown)
            {
                following = FollowLogAsync(response.Ref, log, cancellationToken);
            }
        }

        await following;
        return responses;
    }

    /// <summary>Copies the log of the build of <paramref name="workspaceRef"/> to <paramref name="log"/> until the build ends.</summary>
    public async Task FollowLogAsync(string workspaceRef, Stream log, CancellationToken cancellationToken = default)
    {
        using var call = Rpc.Logs(new LogsRequest { BuildRef = workspaceRef }, cancellationToken: cancellationToken);
        await foreach (var part in call.ResponseStream.ReadAllAsync(cancellationToken))
        {
            await log.WriteAsync(part.Content.Memory, cancellationToken);
            await log.FlushAsync(cancellationToken);
        }
    }

    /// <inheritdoc />
    public void Dispose() => _channel.Dispose();
}
