namespace ImageBuilder.Bob.Processes;

/// <summary>Removes folders with what strangers have put there: by a program, since .NET cannot name a file whose name is not UTF-8.</summary>
internal static class FolderRemoval
{
    private static readonly Dictionary<string, string> s_variables = new() { ["PATH"] = EnginePrograms.Path };

    /// <summary>Removes <paramref name="folder"/> and all that is in it, apart from what is mounted there; gives whether nothing of it is left.</summary>
    public static async Task<bool> TryRemoveAsync(string folder)
    {
        var (exitCode, _) = await ForegroundCommand.RunAsync(
            "rm", ["--recursive", "--force", "--one-file-system", "--", folder], s_variables, "/", silent: true, secrets: [], CancellationToken.None);
        return exitCode == 0;
    }
}
