using System.Globalization;
using Grpc.Core;
using ImageBuilder.Contracts;
using ImageBuilder.Sandbox.Service;
using BuilderService = ImageBuilder.Contracts.ImageBuilder;

namespace ImageBuilder.Sandbox.Throughput;

/// <summary>Build calls whose images are there.</summary>
internal sealed class BuiltLoad(ThroughputCluster cluster) : ILoad
{
    /// <inheritdoc />
    public string Name => "Build, already built";

    /// <inheritdoc />
    public int Grains { get; private set; }

    /// <inheritdoc />
    public int CallersOf(int callers) => callers;

    /// <inheritdoc />
    public async Task GrowAsync(int grains, TimeSpan patience, CancellationToken cancellationToken) =>
        Grains = await Growth.RunAsync(Grains, grains, patience, number => BuildAsync(number, number, cancellationToken), cancellationToken);

    /// <inheritdoc />
    public Task CallAsync(int caller, int callers, CancellationToken cancellationToken) => BuildAsync(Random.Shared.Next(Grains), caller, cancellationToken);

    private async Task BuildAsync(int image, int caller, CancellationToken cancellationToken)
    {
        var order = BuildRequests.FromGit("https://git.invalid/built.git", "Dockerfile", image.ToString(CultureInfo.InvariantCulture));
        using var call = new BuilderService.ImageBuilderClient(cluster.Channel(caller)).Build(order, cancellationToken: cancellationToken);
        BuildResponse? last = null;
        await foreach (var response in call.ResponseStream.ReadAllAsync(cancellationToken))
        {
            last = response;
        }

        if (last?.Status != BuildStatus.DoneSuccess || last.Info is not null)
        {
            throw new InvalidOperationException($"an image that is there was answered with {last?.Status}: {last?.Message}");
        }
    }
}
