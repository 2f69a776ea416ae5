using System.Diagnostics;
using System.Runtime.InteropServices;

namespace ImageBuilder.Bob.Processes;

/// <summary>Starts programs whose output and errors come through one pipe, which keeps the order in which they were written.</summary>
internal static class MergedOutput
{
    // The first descriptor that a program may find a socket at (sd_listen_fds(3)), and what is nobody else's.
    private const string FromInput = "3<&0 </dev/null ";

    /// <summary>Starts <paramref name="program"/>, to end with bob.</summary>
    /// <param name="program">The program.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="variables">All of its environment; nothing of bob's own is inherited.</param>
    /// <param name="folder">Its working folder.</param>
    /// <param name="socket">A socket that it has as descriptor 3, if it is given one.</param>
    /// <param name="keepsInput">Whether it has input, the process' own; else it has none.</param>
    public static async Task<Process> StartAsync(
        string program, IEnumerable<string> arguments, IReadOnlyDictionary<string, string> variables, string folder, SafeHandle? socket = null, bool keepsInput = false)
    {
        ProcessTree.Adopt();
        var start = new ProcessStartInfo("/bin/sh", ["-c", $"exec {(socket is null ? string.Empty : FromInput)}{MortalChild.Prefix} \"$0\" \"$@\" 2>&1", program, .. arguments])
        {
            RedirectStandardInput = socket is null,
            RedirectStandardOutput = true,
            WorkingDirectory = folder,
        };
        start.Environment.Clear();
        foreach (var (name, value) in variables)
        {
            start.Environment[name] = value;
        }

        var process = await MortalChild.StartAsync(start, socket);
        if (socket is null && !keepsInput)
        {
            process.StandardInput.Close();
        }

        return process;
    }
}
