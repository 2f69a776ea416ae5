using System.Globalization;
using ImageBuilder.Contracts;
using ImageBuilder.Sandbox.Service;
using BuilderService = ImageBuilder.Contracts.ImageBuilder;

namespace ImageBuilder.Sandbox.Throughput;

/// <summary>Resolves of images that are known.</summary>
internal sealed class ResolveLoad(ThroughputCluster cluster) : ILoad
{
    /// <inheritdoc />
    public string Name => "resolve";

    /// <inheritdoc />
    public int Grains { get; private set; }

    /// <inheritdoc />
    public int CallersOf(int callers) => callers;

    /// <inheritdoc />
    public async Task GrowAsync(int grains, TimeSpan patience, CancellationToken cancellationToken) =>
        Grains = await Growth.RunAsync(Grains, grains, patience, number => ResolveAsync(number, number, cancellationToken), cancellationToken);

    /// <inheritdoc />
    public Task CallAsync(int caller, int callers, CancellationToken cancellationToken) => ResolveAsync(Random.Shared.Next(Grains), caller, cancellationToken);

    private async Task ResolveAsync(int image, int caller, CancellationToken cancellationToken) =>
        await new BuilderService.ImageBuilderClient(cluster.Channel(caller)).ResolveBaseImageAsync(
            new ResolveBaseImageRequest { Ref = string.Create(CultureInfo.InvariantCulture, $"{cluster.Registry.Host}/image-{image}:latest"), Auth = BuildRequests.AllCredentials },
            cancellationToken: cancellationToken);
}
