using ImageBuilder.Silo.Configuration;

namespace ImageBuilder.Silo.Commands;

/// <summary><c>check --config FILE</c>: says whether <c>run</c> would take the file. Ports and the data folder are not looked at, since a running service holds them.</summary>
internal static class CheckCommand
{
    /// <summary>Prints <c>configuration ok</c>, or what is wrong.</summary>
    public static async Task<int> RunAsync(string path, TextWriter output, TextWriter error)
    {
        var result = ConfigurationFile.Load(path);
        if (!result.Succeeded)
        {
            return await RunCommand.RefuseAsync(result.Error, error);
        }

        await output.WriteLineAsync("configuration ok");
        return ExitCode.Ok;
    }
}
