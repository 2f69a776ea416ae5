using System.Globalization;

namespace ImageBuilder.Launchers.Process;

/// <summary>
/// The processes of one attempt, its proxy aside, as the kernel keeps them together: none leaves, whatever parent, session or process group it gives
/// itself. So they have limits together, and can all be ended. The engine's containers are groups below.
/// </summary>
internal sealed class ControlGroup
{
    // Where the builder's own processes are; in version 2 a group has processes or groups, not both.
    private const string Builder = "builder";

    private static readonly TimeSpan KillPatience = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan KillInterval = TimeSpan.FromMilliseconds(5);

    private static readonly TimeSpan WatchInterval = TimeSpan.FromMilliseconds(250);

    private readonly IReadOnlyList<string> _folders;
    private volatile bool _wasFull;

    private ControlGroup(IReadOnlyList<string> folders) => _folders = folders;

    /// <summary>Makes the group at <paramref name="path"/> below this process's own in each hierarchy, and notes it in <paramref name="noteFile"/>.</summary>
    /// <exception cref="IOException">It cannot be made, or takes no limits.</exception>
    /// <exception cref="UnauthorizedAccessException">This process may not make it.</exception>
    public static ControlGroup? Create(IReadOnlyList<ControlGroupHierarchy> hierarchies, string path, ResourceLimits limits, string noteFile)
    {
        if (hierarchies.Count == 0)
        {
            return null;
        }

        var folders = new List<string>();
        var group = new ControlGroup(folders);
        try
        {
            foreach (var hierarchy in hierarchies)
            {
                folders.Add(hierarchy.Create(path));
                Limit(hierarchy, folders[^1], limits);
                Directory.CreateDirectory(Path.Combine(folders[^1], Builder));
            }

            File.WriteAllLines(noteFile, folders);
            return group;
        }
        catch
        {
            group.Remove();
            throw;
        }
    }

    /// <summary>The group noted in <paramref name="noteFile"/>; null when there is no such note.</summary>
    public static ControlGroup? Find(string noteFile) => File.Exists(noteFile) ? new ControlGroup(File.ReadAllLines(noteFile)) : null;

    /// <summary>Ends and removes the groups below <paramref name="parent"/> but those that <paramref name="isKept"/> names.</summary>
    public static async Task SweepAsync(IReadOnlyList<ControlGroupHierarchy> hierarchies, string parent, Func<string, bool> isKept)
    {
        foreach (var folder in hierarchies.Select(hierarchy => Path.Combine(hierarchy.Own, parent)).Where(Directory.Exists))
        {
            foreach (var left in Directory.EnumerateDirectories(folder).Where(left => !isKept(Path.GetFileName(left))).ToList())
            {
                var group = new ControlGroup([left]);
                await group.KillAsync();
                group.Remove();
            }
        }
    }

    /// <summary>Takes in a process, with all that it starts from now on.</summary>
    public void Add(int process)
    {
        foreach (var folder in _folders)
        {
            Write(Path.Combine(folder, Builder), "cgroup.procs", process);
        }
    }

    /// <summary>
    /// Looks now and then, until cancelled, whether there are as many processes as there may be: the kernel counts what it refused in the group of a container alone, which is
    /// gone when its step is.
    /// </summary>
    public async Task WatchAsync(TimeProvider clock, CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(WatchInterval, clock);
        while (!_wasFull && await timer.WaitForNextTickAsync(cancellationToken))
        {
            NoteWhetherFull();
        }
    }

    /// <summary>Ends every process in it, however fast they multiply, and returns when they are gone.</summary>
    public async Task KillAsync()
    {
        NoteWhetherFull();
        foreach (var folder in _folders.Where(Directory.Exists))
        {
            try
            {
                // Where the kernel does not kill a group at one stroke, nothing new starts in it while it is being killed.
                TryWrite(folder, "cgroup.kill", 1);
                TryWrite(folder, "pids.max", 0);
            }
            catch (IOException) when (!Directory.Exists(folder))
            {
                // Somebody else killed it too, and has removed it.
            }
        }

        // In the kernel's time, which no clock of ours drives.
        var started = TimeProvider.System.GetTimestamp();
        while (Processes().ToList() is { Count: > 0 } alive && TimeProvider.System.GetElapsedTime(started) < KillPatience)
        {
            alive.ForEach(Signals.Kill);
            await Task.Delay(KillInterval, TimeProvider.System);
        }
    }

    /// <summary>Removes it; nothing is in it any more.</summary>
    public void Remove()
    {
        foreach (var group in _folders.SelectMany(Below).ToList())
        {
            try
            {
                Directory.Delete(group);
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                // A process in it is not yet waited for by its parent; the next service that starts removes it.
            }
        }
    }

    /// <summary>Which of its limits was reached, in words that follow "the build"; null when none was.</summary>
    /// <param name="message">How the build failed.</param>
    public string? ReachedLimit(string message)
    {
        // Version 1 tells of kills only in the group of who was killed, a container's that is gone; that the limit was met, which files alone do, stays.
        var killed = message.Contains("137", StringComparison.Ordinal) || message.Contains("killed", StringComparison.Ordinal);
        foreach (var folder in _folders)
        {
            if (ReadNumber(folder, "memory.events", "oom_kill ") > 0 || (killed && ReadNumber(folder, "memory.max_usage_in_bytes") >= ReadNumber(folder, "memory.limit_in_bytes")))
            {
                return $"reached its memory limit of {(ReadNumber(folder, "memory.max") ?? ReadNumber(folder, "memory.limit_in_bytes")) >> 20} MiB";
            }
        }

        return _wasFull ? "reached its limit of processes" : null;
    }

    private void NoteWhetherFull() => _wasFull |= _folders.Any(IsFull);

    /// <summary>Whether there are, or were to be, more processes than there may be. In a group that is being killed there may be none, which is no limit of the build's.</summary>
    private static bool IsFull(string folder)
    {
        // The limit is read last: what was counted before it was taken down, the build reached itself.
        var (current, refused) = (ReadNumber(folder, "pids.current"), Below(folder).Any(group => ReadNumber(group, "pids.events", "max ") > 0));
        return ReadNumber(folder, "pids.max") is var limit && limit != 0 && (refused || current >= limit);
    }

    private static void Limit(ControlGroupHierarchy hierarchy, string folder, ResourceLimits limits)
    {
        var version2 = hierarchy.IsUnified;
        if (limits.Memory > 0 && hierarchy.Controllers.Contains("memory"))
        {
            Write(folder, version2 ? "memory.max" : "memory.limit_in_bytes", limits.Memory);

            // Absent where the kernel does not count swap.
            TryWrite(folder, version2 ? "memory.swap.max" : "memory.memsw.limit_in_bytes", version2 ? 0 : limits.Memory);
        }

        if (limits.Processes > 0 && hierarchy.Controllers.Contains("pids"))
        {
            Write(folder, "pids.max", limits.Processes);
        }

        if (limits.MilliCpus > 0 && hierarchy.Controllers.Contains("cpu"))
        {
            // Of each period of 100 ms, in microseconds.
            var quota = limits.MilliCpus * 100L;
            File.WriteAllText(Path.Combine(folder, version2 ? "cpu.max" : "cpu.cfs_quota_us"), version2 ? $"{quota} 100000" : $"{quota}");
        }
    }

    private static void Write(string folder, string file, long value) =>
        File.WriteAllText(Path.Combine(folder, file), value.ToString(CultureInfo.InvariantCulture));

    private static void TryWrite(string folder, string file, long value)
    {
        if (File.Exists(Path.Combine(folder, file)))
        {
            Write(folder, file, value);
        }
    }

    private static long? ReadNumber(string folder, string file, string prefix = "")
    {
        try
        {
            return File.ReadLines(Path.Combine(folder, file)).FirstOrDefault(line => line.StartsWith(prefix, StringComparison.Ordinal)) is { } line
                && long.TryParse(line[prefix.Length..], NumberStyles.None, CultureInfo.InvariantCulture, out var number)
                ? number
                : null;
        }
        catch (IOException)
        {
            // There is no such file, or the group was just removed.
            return null;
        }
    }

    // The innermost first. The engine removes groups of its own meanwhile.
    private static IEnumerable<string> Below(string folder)
    {
        string[] groups;
        try
        {
            groups = Directory.GetDirectories(folder);
        }
        catch (DirectoryNotFoundException)
        {
            return [];
        }

        return groups.SelectMany(Below).Append(folder);
    }

    private static string[] Members(string group)
    {
        try
        {
            return File.ReadAllLines(Path.Combine(group, "cgroup.procs"));
        }
        catch (IOException)
        {
            // It was just removed.
            return [];
        }
    }

    private IEnumerable<int> Processes() => _folders.SelectMany(Below).SelectMany(Members).Select(line => int.Parse(line, CultureInfo.InvariantCulture)).Distinct();
}
