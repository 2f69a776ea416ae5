using System.Globalization;
using Grpc.Core;
using ImageBuilder.Contracts;
using ImageBuilder.Sandbox.Service;
using BuilderService = ImageBuilder.Contracts.ImageBuilder;

namespace ImageBuilder.Sandbox.Throughput;

/// <summary>Calls about images that are there, each of which has a grain.</summary>
internal sealed class ImageLoad : ILoad
{
    private readonly Func<int, int, CancellationToken, Task> _call;

    private ImageLoad(string name, Func<int, int, CancellationToken, Task> call) => (Name, _call) = (name, call);

    /// <inheritdoc />
    public string Name { get; }

    /// <inheritdoc />
    public int Grains { get; private set; }

    /// <summary>Resolves of images that are known.</summary>
    public static ImageLoad Resolves(ThroughputCluster cluster) => new("resolve", (image, caller, cancellationToken) =>
    {
        var query = new ResolveBaseImageRequest { Ref = $"{cluster.Registry.Host}/image-{Text(image)}:latest", Auth = BuildRequests.AllCredentials };
        return Client(cluster, caller).ResolveBaseImageAsync(query, cancellationToken: cancellationToken).ResponseAsync;
    });

    /// <summary>Build calls whose images are there.</summary>
    public static ImageLoad Builds(ThroughputCluster cluster) => new("Build, already built", async (image, caller, cancellationToken) =>
    {
        var order = BuildRequests.FromGit("https://git.invalid/built.git", "Dockerfile", Text(image));
        using var call = Client(cluster, caller).Build(order, cancellationToken: cancellationToken);
        var last = await call.ResponseStream.ReadAllAsync(cancellationToken).LastOrDefaultAsync(cancellationToken);
        if (last?.Status != BuildStatus.DoneSuccess || last.Info is not null)
        {
            throw new InvalidOperationException($"an image that is there was answered with {last?.Status}: {last?.Message}");
        }
    });

    /// <inheritdoc />
    public int CallersOf(int callers) => callers;

    /// <inheritdoc />
    public async Task GrowAsync(int grains, TimeSpan patience, CancellationToken cancellationToken) =>
        Grains = await Growth.RunAsync(Grains, grains, patience, number => _call(number, number, cancellationToken), cancellationToken);

    /// <inheritdoc />
    public Task CallAsync(int caller, int callers, CancellationToken cancellationToken) => _call(Random.Shared.Next(Grains), caller, cancellationToken);

    private static BuilderService.ImageBuilderClient Client(ThroughputCluster cluster, int caller) => new(cluster.Channel(caller));

    private static string Text(int image) => image.ToString(CultureInfo.InvariantCulture);
}
