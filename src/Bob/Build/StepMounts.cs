using System.Text.RegularExpressions;

namespace ImageBuilder.Bob.Build;

/// <summary>
/// What buildah 1.28 has mounted for a RUN step. It follows whatever a Dockerfile says: an id of a cache mount may climb out of the cache's folder, and the
/// source of a bind mount may be a symbolic link that a stage or the context made, to any place of the machine. By the time the runtime is called the mounts are made,
/// and where the kernel says that they came from is where they came from.
/// </summary>
internal static partial class StepMounts
{
    private sealed record Entry(string Device, string Root, string Point, string Type);

    /// <summary>The name of the first mount in <paramref name="bundle"/> that leads out of the build; null when there is none.</summary>
    /// <param name="mountInfo">The lines of proc(5)'s mountinfo.</param>
    /// <param name="bundle">The step's bundle, with the mounts in its folder <c>mnt</c>.</param>
    /// <param name="graph">The engine's storage. The layers that are mounted there in the engine's own name space are the build's.</param>
    /// <param name="folders">The folders that a step may see: the build context and the owner's cache mounts.</param>
    public static string? FindForeign(IEnumerable<string> mountInfo, string bundle, string graph, IReadOnlyList<string> folders)
    {
        var entries = mountInfo.Select(Parse).ToList();
        var layers = entries
            .Where(entry => entry.Type == "overlay" && entry.Point.StartsWith(graph + "/overlay/", StringComparison.Ordinal) && entry.Point.EndsWith("/merged", StringComparison.Ordinal))
            .Select(entry => entry.Device)
            .ToHashSet();
        List<Regex> places =
        [
            .. folders.Select(folder => PlaceOf(entries, folder, "(?:/.*)?")),
            PlaceOf(entries, Path.Combine(graph, "overlay-containers"), "/[0-9a-f]{64}/userdata/secrets/[^/]+"),
        ];
        var mounted = Path.Combine(bundle, "mnt") + "/";
        return entries
            .Where(entry => entry.Point.StartsWith(mounted, StringComparison.Ordinal) && entry.Point.IndexOf('/', mounted.Length) < 0)
            .FirstOrDefault(entry => !layers.Contains(entry.Device) && !places.Any(place => place.IsMatch($"{entry.Device} {entry.Root}")))
            ?.Point;
    }

    // A folder as the mounts that show it would be noted: its device, and its path there.
    private static Regex PlaceOf(List<Entry> entries, string folder, string below)
    {
        var mount = entries
            .Where(entry => entry.Point == "/" || folder == entry.Point || folder.StartsWith(entry.Point + "/", StringComparison.Ordinal))
            .MaxBy(entry => entry.Point.Length)!;
        var path = (mount.Root.TrimEnd('/') + folder[(mount.Point == "/" ? 0 : mount.Point.Length)..]).TrimEnd('/');
        return new Regex($@"\A{Regex.Escape($"{mount.Device} {path}")}{below}\z", RegexOptions.Singleline);
    }

    // "id parent device root point options… - type source options", with blanks and the like as octal numbers.
    private static Entry Parse(string line)
    {
        var fields = line.Split(' ');
        return new Entry(fields[2], Unescape(fields[3]), Unescape(fields[4]), fields[Array.IndexOf(fields, "-") + 1]);
    }

    private static string Unescape(string field) => Octal().Replace(field, number => ((char)Convert.ToInt32(number.Groups[1].Value, 8)).ToString());

    [GeneratedRegex(@"\\([0-7]{3})")]
    private static partial Regex Octal();
}
