using System.Diagnostics;

namespace ImageBuilder.Bob.Processes;

/// <summary>Starts programs whose output and errors come through one pipe, which keeps the order in which they were written.</summary>
internal static class MergedOutput
{
    /// <summary>Starts <paramref name="program"/> with no input, to end with bob.</summary>
    /// <param name="program">The program.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="variables">All of its environment; nothing of bob's own is inherited.</param>
    /// <param name="folder">Its working folder.</param>
    public static async Task<Process> StartAsync(
        string program, IEnumerable<string> arguments, IReadOnlyDictionary<string, string> variables, string folder)
    {
        ProcessTree.Adopt();
        var start = new ProcessStartInfo("/bin/sh", ["-c", $"exec {MortalChild.Prefix} \"$0\" \"$@\" 2>&1", program, .. arguments])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            WorkingDirectory = folder,
        };
        start.Environment.Clear();
        foreach (var (name, value) in variables)
        {
            start.Environment[name] = value;
        }

        var process = await MortalChild.StartAsync(start);
        process.StandardInput.Close();
        return process;
    }
}
