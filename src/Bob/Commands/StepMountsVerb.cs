using ImageBuilder.Bob.Build;
using ImageBuilder.Bob.Workspaces;

namespace ImageBuilder.Bob.Commands;

/// <summary><c>bob step-mounts</c>, which <see cref="StepRuntime"/> calls within the engine's name spaces before a step that has mounts.</summary>
internal static class StepMountsVerb
{
    /// <summary>Its name, which is in no help, since nobody else has a use for it.</summary>
    public const string Name = "step-mounts";

    /// <summary>Fails when a mount of the step leads out of the build.</summary>
    /// <param name="bundle">The step's bundle.</param>
    /// <param name="graph">The engine's storage.</param>
    /// <param name="folders">The folders that a step may see.</param>
    public static int Run(string bundle, string graph, string[] folders)
    {
        // The kernel notes real paths.
        static string Real(string path) => Workspace.RealPath(path) ?? path;
        if (StepMounts.FindForeign(File.ReadLines("/proc/self/mountinfo"), Real(bundle), Real(graph), [.. folders.Select(Real)]) is null)
        {
            return ExitCode.Ok;
        }

        Console.Error.WriteLine("a mount of this step leads out of the build; the source of a mount must lie in the build context or a stage, the id of a cache mount must be a name");
        return ExitCode.Failed;
    }
}
