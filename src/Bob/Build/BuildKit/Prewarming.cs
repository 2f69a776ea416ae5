using ImageBuilder.Registry.Names;

namespace ImageBuilder.Bob.Build.BuildKit;

/// <summary>Brings images into a daemon's storage ahead of the builds that start from them.</summary>
internal static class Prewarming
{
    /// <summary>Pulls and unpacks <paramref name="images"/>, one after another, from their own registries. One that fails is told and passed over.</summary>
    public static async Task RunAsync(string address, IReadOnlyList<ImageReference> images, CancellationToken cancellationToken)
    {
        var folder = Directory.CreateTempSubdirectory("bob-prewarm-");
        try
        {
            var buildctl = new Buildctl(address, folder.FullName);
            foreach (var image in images)
            {
                await File.WriteAllTextAsync(Path.Combine(folder.FullName, "Dockerfile"), $"FROM {image}\n", cancellationToken);

                // As a tar: for any other kind of output the image need not be unpacked.
                var (exitCode, tail) = await buildctl.RunAsync(
                    ["build", "--frontend", "dockerfile.v0", "--local", $"context={folder.FullName}", "--local", $"dockerfile={folder.FullName}", "--output", "type=tar,dest=/dev/null"],
                    silent: true,
                    secrets: [],
                    cancellationToken);
                if (exitCode != 0)
                {
                    await Console.Error.WriteLineAsync($"{image.Familiar} is not prewarmed: {tail.TrimEnd().Split('\n')[^1]}");
                }
            }
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
