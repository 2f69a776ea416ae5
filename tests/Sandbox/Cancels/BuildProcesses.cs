using System.Globalization;
using ImageBuilder.Sandbox.Processes;

namespace ImageBuilder.Sandbox.Cancels;

/// <summary>
/// The processes of one build: those that its attempt's folder notes, those that know the folder or the build's mark by their environment, arguments or
/// working folder, and whatever descends from these. Who belonged to it once does so for good.
/// </summary>
/// <param name="work">The service's folder of attempts.</param>
/// <param name="build">The build's id.</param>
/// <param name="mark">What the processes of its steps have in their environment.</param>
internal sealed class BuildProcesses(string work, Guid build, string mark)
{
    private const int StopSignal = 19;

    private readonly string _folder = Path.Combine(work, $"{build:N}.");
    private readonly string _mark = $"{StubbornDockerfile.MarkVariable}={mark}";
    private readonly HashSet<(int Id, string StartTime)> _known = [];

    /// <summary>Those that are alive, a line each.</summary>
    public IReadOnlyList<string> Alive()
    {
        var noted = Noted("*.pid");
        var living = Living();
        var found = living.Where(process => _known.Contains((process.Id, process.StartTime)) || noted.Contains((process.Id, process.StartTime)) || Mentions(process.Id)).ToHashSet();
        for (var generation = found; generation.Count > 0;)
        {
            var parents = generation.Select(process => process.Id).ToHashSet();
            generation = [.. living.Where(process => parents.Contains(process.Parent) && !found.Contains(process))];
            found.UnionWith(generation);
        }

        _known.UnionWith(found.Select(process => (process.Id, process.StartTime)));
        return [.. found.Select(process => $"process {process.Id} {ReadText(process.Id, "cmdline").Replace('\0', ' ')}")];
    }

    /// <summary>Stops those that the attempt's folder notes for <paramref name="verb"/> of the builder command, so that they hear no signal but the last.</summary>
    public void Stop(string verb)
    {
        foreach (var (process, _) in Noted($"{verb}.pid"))
        {
            _ = RunningProcess.SendSignal(process, StopSignal);
        }
    }

    private HashSet<(int Id, string StartTime)> Noted(string files)
    {
        var noted = new HashSet<(int, string)>();
        try
        {
            foreach (var folder in Directory.EnumerateDirectories(work, $"{build:N}.*"))
            {
                foreach (var note in Directory.EnumerateFiles(folder, files))
                {
                    if (File.ReadAllText(note).Split(' ') is [var id, var startTime])
                    {
                        noted.Add((int.Parse(id, CultureInfo.InvariantCulture), startTime));
                    }
                }
            }
        }
        catch (IOException)
        {
            // The folder is being removed; whoever it noted is known from before, or by other signs.
        }

        return noted;
    }

    private bool Mentions(int process)
    {
        var environment = ReadText(process, "environ");
        return environment.Contains(_mark, StringComparison.Ordinal)
            || environment.Contains(_folder, StringComparison.Ordinal)
            || ReadText(process, "cmdline").Contains(_folder, StringComparison.Ordinal)
            || WorkingFolder(process).StartsWith(_folder, StringComparison.Ordinal);
    }

    private static List<(int Id, string StartTime, int Parent)> Living()
    {
        var living = new List<(int, string, int)>();
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
        {
            // proc(5): "pid (name) state ppid …", the start time is field 22; the name may hold anything.
            if (int.TryParse(Path.GetFileName(folder.AsSpan()), NumberStyles.None, CultureInfo.InvariantCulture, out var id)
                && ReadText(id, "stat") is { Length: > 0 } stat
                && stat[(stat.LastIndexOf(')') + 2)..].Split(' ') is [not ("Z" or "X"), var parent, ..] fields)
            {
                living.Add((id, fields[22 - 3], int.Parse(parent, CultureInfo.InvariantCulture)));
            }
        }

        return living;
    }

    private static string ReadText(int process, string file)
    {
        try
        {
            return File.ReadAllText($"/proc/{process}/{file}");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It has ended meanwhile.
            return string.Empty;
        }
    }

    private static string WorkingFolder(int process)
    {
        try
        {
            return File.ResolveLinkTarget($"/proc/{process}/cwd", returnFinalTarget: false)?.FullName ?? string.Empty;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return string.Empty;
        }
    }
}
