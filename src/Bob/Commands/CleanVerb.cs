using ImageBuilder.Bob.Build;
using ImageBuilder.Bob.Build.BuildKit;

namespace ImageBuilder.Bob.Commands;

/// <summary><c>bob clean</c>: removes what builders that were killed have left, without waiting for the next build to do it.</summary>
internal static class CleanVerb
{
    /// <summary>Cleans the storage that the variables name.</summary>
    public static Task<int> RunAsync() => Verb.RunAsync(async stop =>
    {
        var settings = BuildSettings.Read(Environment.GetEnvironmentVariable);
        await BuildKitEngine.CleanAsync(settings.StorageRoot, stop);
        await using var engine = new Buildah(settings, TimeProvider.System);
        await engine.PrepareAsync(stop);
    });
}
