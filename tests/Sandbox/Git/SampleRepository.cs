namespace ImageBuilder.Sandbox.Git;

/// <summary>The sample that the demo builds (folder Sample): two stages, ARG, ENV, COPY --from and --chown, USER, HEALTHCHECK, a pipeline.</summary>
public static class SampleRepository
{
    /// <summary>The path of the repository on its server.</summary>
    public const string Path = "sample.git";

    /// <summary>The path of the Dockerfile in the repository.</summary>
    public const string Dockerfile = "Dockerfile";

    /// <summary>The sample's files, its Dockerfile based on <paramref name="baseImage"/>.</summary>
    public static IReadOnlyDictionary<string, string> Files(string baseImage)
    {
        var folder = System.IO.Path.Combine(AppContext.BaseDirectory, "Sample");
        return Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).ToDictionary(
            file => System.IO.Path.GetRelativePath(folder, file),
            file => File.ReadAllText(file).Replace("@BASE@", baseImage, StringComparison.Ordinal));
    }
}
