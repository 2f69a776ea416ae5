using Grpc.Core;
using Grpc.Net.Client;
using ImageBuilder.Contracts;
using ImageBuilder.Sandbox.Kills;
using ImageBuilder.Sandbox.Service;
using BuilderService = ImageBuilder.Contracts.ImageBuilder;
using BuildStatus = ImageBuilder.Contracts.V1.BuildStatus;

namespace ImageBuilder.Sandbox.Cluster;

/// <summary>
/// Stops every silo and gateway in turn (SIGTERM), and starts it again, while clients call. A client is what a load balancer and a retry policy make of one: it
/// asks the other gateway when one says UNAVAILABLE. A call has failed when both did.
/// </summary>
internal sealed class RollingRestart(ClusterWorld world, TextWriter output)
{
    private const int Callers = 8;
    private const int Tries = 4;
    private const int BuildsAtATime = 4;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan RetryPause = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan BetweenNodes = TimeSpan.FromSeconds(3);

    private int _calls;
    private int _failures;
    private int _asked;
    private string? _lastFailure;

    /// <summary>Does it, and gives what should not be.</summary>
    public async Task<IReadOnlyList<string>> RunAsync(bool wanted, Random random, CancellationToken cancellationToken)
    {
        if (!wanted)
        {
            return [];
        }

        var channels = world.Addresses.Select(address => GrpcChannel.ForAddress(address)).ToList();
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var builds = new List<WatchedBuild>();
        var callers = Enumerable.Range(0, Callers).Select(caller => CallAsync(channels, caller, over.Token)).ToList();
        var ordering = BuildAsync(channels, builds, random, over.Token, cancellationToken);
        foreach (var node in world.GatewayNodes.Concat(world.SiloNodes))
        {
            await node.StopAsync();
            await node.StartAsync(cancellationToken);
            await Task.Delay(BetweenNodes, cancellationToken);
            await UntilCalledAsync(channels, cancellationToken);
        }

        await over.CancelAsync();
        await Task.WhenAll([.. callers, ordering]);
        await output.WriteLineAsync(
            $"every gateway and silo was restarted: {_calls} calls, {_asked} asked of the other gateway, {_failures} failed; {builds.Count} builds, {builds.Count(build => build.Last.Status == BuildStatus.Succeeded)} succeeded, {builds.Count(build => build.Last.Attempt > 1)} begun anew");
        List<string> found = [.. builds.Where(build => build.Last.Status != BuildStatus.Succeeded).Select(build => $"build {build.Id} ended as {build.Last.Status}: {build.Last.Failure?.Message}")];
        foreach (var build in builds)
        {
            if (await build.FindContradictionAsync(cancellationToken) is { } contradiction)
            {
                found.Add(contradiction);
            }

            build.Dispose();
        }

        channels.ForEach(channel => channel.Dispose());
        return _failures == 0 ? found : [.. found, $"{_failures} calls failed, the last with {_lastFailure}"];
    }

    private async Task CallAsync(List<GrpcChannel> channels, int caller, CancellationToken over)
    {
        while (!over.IsCancellationRequested)
        {
            await CallOnceAsync(channels, caller);
            await Task.Delay(Pause, CancellationToken.None);
        }
    }

    // A channel leaves an address that refused it alone for a while, and the longer the longer that was: the other gateway is not to go meanwhile.
    private async Task UntilCalledAsync(List<GrpcChannel> channels, CancellationToken cancellationToken)
    {
        foreach (var channel in channels)
        {
            for (var answered = false; !answered;)
            {
                try
                {
                    await ResolveAsync(channel, cancellationToken);
                    answered = true;
                }
                catch (RpcException error) when (error.StatusCode == StatusCode.Unavailable)
                {
                    await Task.Delay(RetryPause, cancellationToken);
                }
            }
        }
    }

    private async Task ResolveAsync(GrpcChannel channel, CancellationToken cancellationToken = default) =>
        await new BuilderService.ImageBuilderClient(channel).ResolveBaseImageAsync(
            new ResolveBaseImageRequest { Ref = world.Surroundings.BaseImage, Auth = BuildRequests.AllCredentials }, cancellationToken: cancellationToken);

    private async Task CallOnceAsync(List<GrpcChannel> channels, int caller)
    {
        Interlocked.Increment(ref _calls);
        for (var tries = 1; ; tries++)
        {
            try
            {
                await ResolveAsync(channels[(caller + tries) % channels.Count]);
                return;
            }
            catch (RpcException error) when (error.StatusCode == StatusCode.Unavailable && tries < Tries)
            {
                Interlocked.Increment(ref _asked);
                await (tries % channels.Count == 0 ? Task.Delay(RetryPause) : Task.CompletedTask);
            }
            catch (RpcException error)
            {
                Interlocked.Increment(ref _failures);
                _lastFailure = error.Status.ToString();
                return;
            }
        }
    }

    private async Task BuildAsync(List<GrpcChannel> channels, List<WatchedBuild> builds, Random random, CancellationToken over, CancellationToken cancellationToken)
    {
        while (!over.IsCancellationRequested)
        {
            var some = new List<WatchedBuild>();
            for (var build = 0; build < BuildsAtATime; build++)
            {
                some.Add(new WatchedBuild(await OrderAsync(channels, random, cancellationToken), channels[build % channels.Count]));
            }

            builds.AddRange(some);
            await Task.WhenAll(some.Select(build => build.RunAsync(cancellationToken)));
        }
    }

    private async Task<BuildRequest> OrderAsync(List<GrpcChannel> channels, Random random, CancellationToken cancellationToken)
    {
        for (var tries = 1; ; tries++)
        {
            try
            {
                return await ClusterRun.OrderAsync(world, channels[tries % channels.Count], random, cancellationToken);
            }
            catch (RpcException error) when (error.StatusCode == StatusCode.Unavailable && tries < Tries)
            {
                await Task.Delay(RetryPause, cancellationToken);
            }
        }
    }
}
