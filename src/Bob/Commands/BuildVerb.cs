using ImageBuilder.Bob.Build;
using ImageBuilder.Bob.Workspaces;

namespace ImageBuilder.Bob.Commands;

/// <summary><c>bob build</c>: builds the image.</summary>
internal static class BuildVerb
{
    /// <summary>Builds what the variables say, then says how that ended.</summary>
    public static Task<int> RunAsync()
    {
        var workspace = Workspace.FromEnvironment();
        return Verb.RunAsync(
            stop => new ImageBuild(BuildSettings.Read(Environment.GetEnvironmentVariable), workspace, TimeProvider.System).RunAsync(stop),
            workspace.Outcomes.Write);
    }
}
