using System.Globalization;

namespace ImageBuilder.Sandbox.Processes;

/// <summary>A process and those that it has started.</summary>
internal static class ProcessFamily
{
    // proc(5): fields are counted from the state, after the name; times are in ticks of 10 ms.
    private const int Parent = 1;
    private const int UserTime = 11;
    private const int SystemTime = 12;
    private const int EndedChildrensUserTime = 13;
    private const int EndedChildrensSystemTime = 14;

    /// <summary>The processor time that the process, its children, and those of its children that have ended, have used.</summary>
    public static TimeSpan ProcessorTimeOf(int process)
    {
        var own = Read($"/proc/{process.ToString(CultureInfo.InvariantCulture)}/stat");
        var ticks = own[UserTime] + own[SystemTime] + own[EndedChildrensUserTime] + own[EndedChildrensSystemTime]
            + Directory.EnumerateDirectories("/proc").Where(folder => char.IsAsciiDigit(folder[^1]))
                .Select(folder => Read(Path.Combine(folder, "stat"))).Where(child => child.Length > 0 && child[Parent] == process)
                .Sum(child => child[UserTime] + child[SystemTime]);
        return TimeSpan.FromMilliseconds(10 * ticks);
    }

    // Nothing of a process that has ended.
    private static long[] Read(string file)
    {
        try
        {
            var stat = File.ReadAllText(file);
            return [.. stat[(stat.LastIndexOf(')') + 2)..].Split(' ').Take(EndedChildrensSystemTime + 1).Select(field => long.TryParse(field, CultureInfo.InvariantCulture, out var number) ? number : 0)];
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}
