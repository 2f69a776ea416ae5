namespace ImageBuilder.Bob.Processes;

/// <summary>Where engines and the programs that they run are found. Not bob's own PATH: an engine must not depend on who started bob.</summary>
internal static class EnginePrograms
{
    /// <summary>The variable PATH of engines.</summary>
    public const string Path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

    /// <summary>Whether <paramref name="program"/> is installed.</summary>
    public static bool Exists(string program) => Path.Split(':').Any(folder => File.Exists(System.IO.Path.Combine(folder, program)));
}
