using System.Text.Json;
using ImageBuilder.Bob.Build;
using ImageBuilder.Bob.Build.BuildKit;
using ImageBuilder.Bob.Outcomes;
using ImageBuilder.Registry.Names;

namespace ImageBuilder.Bob.Commands;

/// <summary><c>bob daemon</c>: runs a buildkitd that builds share, with images that they are likely to need already there.</summary>
internal static class DaemonVerb
{
    private const int MaximumImages = 100;

    /// <summary>Runs until SIGTERM or SIGINT.</summary>
    /// <param name="socket">Where the daemon listens.</param>
    public static Task<int> RunAsync(string socket) => Verb.RunAsync(async stop =>
    {
        var images = ReadImages(Environment.GetEnvironmentVariable("BOB_CACHE_IMAGES"));
        var storage = BuildSettings.ReadStorageRoot(Environment.GetEnvironmentVariable);
        var settings = new BuildKitDaemonSettings { Socket = Path.GetFullPath(socket), CacheLimit = BuildSettings.ReadCacheLimit(Environment.GetEnvironmentVariable) };
        await using var daemon = await BuildKitDaemon.StartAsync(
            await BuildKitRoot.TakeAsync(Path.Combine(storage, BuildKitRoot.Parent), stop), settings, TimeProvider.System, stop);
        await daemon.Answering.WaitAsync(stop);
        await Prewarming.RunAsync(daemon.Address, images, stop);
        await Console.Out.WriteLineAsync($"ready {daemon.Address}");
        await Task.WhenAny(daemon.Exited, Task.Delay(Timeout.InfiniteTimeSpan, stop));
        if (!stop.IsCancellationRequested)
        {
            throw new BobException(FailureReason.Internal, $"buildkitd ended: {daemon.Tail}");
        }
    });

    /// <summary>Reads the images that are to be there before the first build: a JSON array of references; null and empty mean none.</summary>
    /// <exception cref="UsageException">It is no such array.</exception>
    internal static IReadOnlyList<ImageReference> ReadImages(string? json)
    {
        try
        {
            using var document = JsonDocument.Parse(json is { Length: > 0 } ? json : "[]");
            var images = document.RootElement.EnumerateArray().Select(image => image.GetString()).Take(MaximumImages + 1).ToList();
            return images.Count > MaximumImages
                ? throw new UsageException($"BOB_CACHE_IMAGES: more than {MaximumImages} images")
                : [.. images.Select(image => ImageReference.TryParse(image, out var reference, out var error) ? reference : throw new UsageException($"BOB_CACHE_IMAGES: {error}"))];
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            throw new UsageException("BOB_CACHE_IMAGES: must be a JSON array of image references, such as [\"debian:12\"]");
        }
    }
}
