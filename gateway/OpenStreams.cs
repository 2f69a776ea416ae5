using Grpc.Core;
using ImageBuilder.Grains;
using Microsoft.Extensions.Hosting;
using Prometheus;

namespace ImageBuilder.Gateway;

/// <summary>Streams to clients, in either API: each ends when its client goes away or the service is about to stop.</summary>
internal sealed class OpenStreams(IHostApplicationLifetime lifetime)
{
    private static readonly Gauge Followers = Prometheus.Metrics.CreateGauge(
        "imagebuilder_followers", "Streams to clients that follow a build or its log.");

    /// <summary>Shows the number of streams from the first scrape on, which autoscalers ask for.</summary>
    public static void Publish() => Followers.Inc(0);

    /// <summary>Streams until the client goes away or the service is about to stop; a stopping service holds no client up, and says so.</summary>
    /// <exception cref="RpcException">Unavailable: the service stops, or the build could not be followed; the same call may be made again.</exception>
    public async Task UntilStoppingAsync(ServerCallContext context, Func<CancellationToken, Task> stream)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, lifetime.ApplicationStopping);
        Followers.Inc();
        try
        {
            await stream(stop.Token);
        }
        catch (OperationCanceledException) when (lifetime.ApplicationStopping.IsCancellationRequested)
        {
            throw new RpcException(new Status(StatusCode.Unavailable, "the service is stopping; the build goes on, please ask again"));
        }
        catch (Exception error) when (GrainCalls.IsPassing(error))
        {
            throw new RpcException(new Status(StatusCode.Unavailable, "the build cannot be followed at the moment; it goes on, please ask again"));
        }
        finally
        {
            Followers.Dec();
        }
    }
}
