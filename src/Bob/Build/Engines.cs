using ImageBuilder.Bob.Build.BuildKit;
using ImageBuilder.Bob.Processes;
using ImageBuilder.Registry.Client;

namespace ImageBuilder.Bob.Build;

/// <summary>The choice of the engine.</summary>
internal static class Engines
{
    private static readonly string[] s_daemonPrograms = ["buildkitd", "buildctl", "runc"];

    /// <summary>The engine that <paramref name="settings"/> ask for; left to choose, BuildKit where a daemon is given or can be started.</summary>
    public static IEngine Create(BuildSettings settings, RegistryClient registry, TimeProvider time) =>
        Choose(settings, EnginePrograms.Exists) == EngineKind.BuildKit ? new BuildKitEngine(settings, registry, time) : new Buildah(settings, time);

    /// <summary>As <see cref="Create"/>, on a machine whose programs <paramref name="exists"/> knows.</summary>
    internal static EngineKind Choose(BuildSettings settings, Func<string, bool> exists) => settings switch
    {
        { Engine: not EngineKind.Auto } => settings.Engine,
        { BuildKitAddress.Length: > 0 } => EngineKind.BuildKit,
        _ => s_daemonPrograms.All(exists) ? EngineKind.BuildKit : EngineKind.Buildah,
    };
}
