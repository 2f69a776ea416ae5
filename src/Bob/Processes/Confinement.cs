namespace ImageBuilder.Bob.Processes;

/// <summary>
/// Runs an engine as the first process of a process namespace, with mounts of its own: when it ends, or is killed with bob, the kernel kills what
/// it has started, RUN steps included, and undoes its mounts, before anybody could miss them.
/// </summary>
internal static class Confinement
{
    /// <summary>The program that runs the engine.</summary>
    public const string Program = "unshare";

    /// <summary>That program's arguments, behind which come those of <paramref name="engine"/>.</summary>
    public static IEnumerable<string> Of(string engine) => ["--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "--", engine];
}
