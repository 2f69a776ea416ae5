using Grpc.Core;
using Grpc.Net.Client;
using ImageBuilder.Contracts;
using ImageBuilder.Sandbox.Service;
using BuilderService = ImageBuilder.Contracts.ImageBuilder;

namespace ImageBuilder.Sandbox.Cluster;

/// <summary>Many who want the same, spread over both gateways.</summary>
internal sealed class ClusterCrowds(ClusterWorld world, TextWriter output)
{
    private const int ChannelsOfEach = 4;

    /// <summary>Orders one build so many times, and resolves one image so many times; gives what should not be.</summary>
    public async Task<IReadOnlyList<string>> RunAsync(int builds, int resolves, CancellationToken cancellationToken)
    {
        if (builds == 0)
        {
            return [];
        }

        var channels = Enumerable.Range(0, ChannelsOfEach).SelectMany(_ => world.Addresses).Select(address => GrpcChannel.ForAddress(address)).ToList();
        try
        {
            return [.. await BuildAsync(channels, builds, cancellationToken), .. await ResolveAsync(channels, resolves, cancellationToken)];
        }
        finally
        {
            channels.ForEach(channel => channel.Dispose());
        }
    }

    private async Task<IEnumerable<string>> BuildAsync(List<GrpcChannel> channels, int count, CancellationToken cancellationToken)
    {
        var order = await ClusterRun.OrderAsync(world, channels[0], new Random(1), cancellationToken);
        var ends = await Task.WhenAll(Enumerable.Range(0, count).Select(async call =>
        {
            using var stream = new BuilderService.ImageBuilderClient(channels[call % channels.Count]).Build(order, cancellationToken: cancellationToken);
            BuildResponse? last = null;
            await foreach (var response in stream.ResponseStream.ReadAllAsync(cancellationToken))
            {
                last = response;
            }

            return last?.Status;
        }));
        var succeeded = ends.Count(status => status == BuildStatus.DoneSuccess);
        var pushes = world.Builder.PushesOf(order);
        await output.WriteLineAsync($"{count} equal Build calls over both gateways: {succeeded} done_success, {pushes} engine run(s)");
        return succeeded == count && pushes == 1 ? [] : [$"{count} equal Build calls made {pushes} engine runs, and {count - succeeded} did not succeed"];
    }

    private async Task<IEnumerable<string>> ResolveAsync(List<GrpcChannel> channels, int count, CancellationToken cancellationToken)
    {
        var before = await HeadsAsync(cancellationToken);
        var answers = await Task.WhenAll(Enumerable.Range(0, count).Select(async call =>
            (await new BuilderService.ImageBuilderClient(channels[call % channels.Count]).ResolveBaseImageAsync(
                new ResolveBaseImageRequest { Ref = world.Surroundings.BaseImage, Auth = BuildRequests.AllCredentials }, cancellationToken: cancellationToken)).Ref));
        var heads = await HeadsAsync(cancellationToken) - before;
        await output.WriteLineAsync($"{count} resolves over both gateways: {answers.Distinct().Count()} answer(s), {heads} HEAD(s)");
        return heads == 1 && answers.Distinct().Count() == 1 ? [] : [$"{count} resolves made {heads} HEADs and {answers.Distinct().Count()} answers"];
    }

    // As the silos count what they ask registries.
    private async Task<double> HeadsAsync(CancellationToken cancellationToken)
    {
        using var client = new HttpClient();
        double sum = 0;
        foreach (var silo in world.SiloNodes)
        {
            sum += MetricsText.Sum(await client.GetStringAsync(new Uri(silo.Metrics), cancellationToken), "imagebuilder_registry_requests_total", "method=\"HEAD\"", "code=\"200\"");
        }

        return sum;
    }
}
