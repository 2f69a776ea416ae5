using System.ComponentModel;
using System.Globalization;
using ImageBuilder.Bob.Processes;

namespace ImageBuilder.Bob.Build;

/// <summary>
/// Counts what files take up on the disk. By a program, since steps may give files names that .NET cannot name; and by a single one, which either counts to the end
/// or says that it did not: of several, a build that leaves no process and no memory lets some start and others not.
/// </summary>
internal static class DiskCount
{
    private const int BlockSize = 512;

    // Blocks, and how many names share them: each name of a file counts for its part.
    private const string File = "%b %n\n";
    private const string Folder = "%b 1\n";

    // The program says so of every file that goes, or makes way for another one, while it looks; what else it complains of it has not counted.
    private static readonly string[] s_vanished = [": No such file or directory", ": Not a directory"];

    private static readonly Dictionary<string, string> s_variables = new() { ["PATH"] = EnginePrograms.Path, ["LC_ALL"] = "C" };

    /// <summary>The bytes that <paramref name="places"/> take up, each as far as its file system goes; what is not there takes up none.</summary>
    /// <exception cref="IOException">They cannot be counted.</exception>
    /// <exception cref="Win32Exception">No program can be started to count them with.</exception>
    public static Task<long> OfAllAsync(IReadOnlyCollection<string> places) =>
        places.Count == 0 ? Task.FromResult(0L) : SumAsync([.. places, "-xdev", "-type", "d", "-printf", Folder, "-o", "-printf", File]);

    /// <summary>The bytes that those files in <paramref name="folder"/> take up that are new or changed since <paramref name="start"/>, whatever dates they were given.</summary>
    /// <exception cref="IOException">They cannot be counted.</exception>
    /// <exception cref="Win32Exception">No program can be started to count them with.</exception>
    public static Task<long> OfChangedAsync(string folder, DateTimeOffset start) => SumAsync(
        [folder, "-xdev", "-type", "f", "-newerct", string.Create(CultureInfo.InvariantCulture, $"@{start.ToUnixTimeMilliseconds() / 1000m}"), "-printf", File]);

    private static async Task<long> SumAsync(IEnumerable<string> arguments)
    {
        using var process = await MergedOutput.StartAsync("find", arguments, s_variables, "/");
        var (bytes, complaint) = (0L, string.Empty);
        while (await process.StandardOutput.ReadLineAsync() is { } line)
        {
            if (TryRead(line, out var part))
            {
                bytes += part;
            }
            else if (!s_vanished.Any(end => line.EndsWith(end, StringComparison.Ordinal)))
            {
                complaint = line;
            }
        }

        await process.WaitForExitAsync();
        return process.ExitCode == 0 || (process.ExitCode == 1 && complaint.Length == 0)
            ? bytes
            : throw new IOException($"what is on the disk cannot be counted: find ended with {process.ExitCode}: {complaint[(complaint.LastIndexOf(": ", StringComparison.Ordinal) + 1)..].Trim()}");
    }

    private static bool TryRead(string line, out long bytes)
    {
        bytes = 0;
        var blank = line.IndexOf(' ', StringComparison.Ordinal);
        if (blank < 0
            || !long.TryParse(line.AsSpan(0, blank), NumberStyles.None, CultureInfo.InvariantCulture, out var blocks)
            || !long.TryParse(line.AsSpan(blank + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var names))
        {
            return false;
        }

        bytes = blocks * BlockSize / Math.Max(1, names);
        return true;
    }
}
