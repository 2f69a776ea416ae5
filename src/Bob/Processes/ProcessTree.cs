using System.Runtime.InteropServices;

namespace ImageBuilder.Bob.Processes;

/// <summary>
/// All that bob started, directly or not. A container's processes leave their parent and its process group, so bob makes itself the process that
/// orphans fall to: whatever is left of an engine is then a child of bob, and can be found and killed.
/// </summary>
internal static partial class ProcessTree
{
    private const int SetChildSubreaper = 36;
    private const int Kill = 9;
    private const int Term = 15;

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    /// <summary>From now on orphaned descendants become children of this process.</summary>
    public static void Adopt() => _ = Control(SetChildSubreaper, 1, 0, 0, 0);

    /// <summary>Asks <paramref name="process"/>, which bob started, and its children to end; some pass a signal on, and some do not listen at all.</summary>
    public static void Terminate(int process)
    {
        foreach (var id in Children(process).Append(process))
        {
            _ = SendSignal(id, Term);
        }
    }

    /// <summary>Kills every descendant, and those that appear meanwhile, until none is left alive.</summary>
    public static async Task KillDescendantsAsync()
    {
        var deadline = Environment.TickCount64 + (long)s_patience.TotalMilliseconds;
        while (Environment.TickCount64 < deadline && Descendants() is { Count: > 0 } alive)
        {
            foreach (var process in alive)
            {
                _ = SendSignal(process, Kill);
            }

            await Task.Delay(TimeSpan.FromMilliseconds(5));
        }
    }

    // proc(5): their ids, with a blank behind each.
    private static IEnumerable<int> Children(int process)
    {
        try
        {
            return File.ReadAllText($"/proc/{process}/task/{process}/children").Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(id => int.Parse(id, System.Globalization.CultureInfo.InvariantCulture));
        }
        catch (IOException)
        {
            // It has ended.
            return [];
        }
    }

    private static List<int> Descendants()
    {
        var children = new Dictionary<int, List<int>>();
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(folder.AsSpan()), out var id) && ReadParent(id) is { } parent)
            {
                (CollectionsMarshal.GetValueRefOrAddDefault(children, parent, out _) ??= []).Add(id);
            }
        }

        var found = new List<int>();
        var open = new Queue<int>([Environment.ProcessId]);
        while (open.TryDequeue(out var process))
        {
            foreach (var child in children.GetValueOrDefault(process) ?? [])
            {
                found.Add(child);
                open.Enqueue(child);
            }
        }

        return found;
    }

    // proc(5): "pid (name) state ppid …"; the name may hold anything, so what counts stands after its last bracket. Dead ones are not counted.
    private static int? ReadParent(int process)
    {
        try
        {
            var stat = File.ReadAllText($"/proc/{process}/stat");
            var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
            return fields[0] is "Z" or "X" ? null : int.Parse(fields[1], System.Globalization.CultureInfo.InvariantCulture);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    [LibraryImport("libc", EntryPoint = "prctl")]
    private static partial int Control(int option, nuint argument2, nuint argument3, nuint argument4, nuint argument5);

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int SendSignal(int process, int signal);
}
