using System.Globalization;

namespace ImageBuilder.Sandbox.Kills;

/// <summary>What builds have left on this machine when none runs.</summary>
/// <param name="dataFolder">The service's data folder.</param>
internal sealed class Leftovers(string dataFolder)
{
    // A proxy that waits for the next build is no leftover.
    private const string Spare = "spare.";

    private string Work => Path.Combine(dataFolder, "work");

    private string Storage => Path.Combine(dataFolder, "buildah");

    /// <summary>All of it, a line each.</summary>
    public IReadOnlyList<string> Find() => [.. Folders(), .. Processes(), .. Mounts(), .. Containers()];

    private IEnumerable<string> Folders() => Directory.EnumerateDirectories(Work)
        .Where(folder => !Path.GetFileName(folder).StartsWith(Spare, StringComparison.Ordinal))
        .Select(folder => $"folder {folder}");

    private IEnumerable<string> Processes()
    {
        foreach (var process in Directory.EnumerateDirectories("/proc").Where(folder => int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out _)))
        {
            string[] places;
            string command;
            try
            {
                places = [.. new[] { "cwd", "root" }.Select(link => File.ResolveLinkTarget(Path.Combine(process, link), returnFinalTarget: false)?.FullName ?? string.Empty)];
                command = File.ReadAllText(Path.Combine(process, "cmdline")).Replace('\0', ' ');
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // It has ended meanwhile.
                continue;
            }

            if (places.Any(place => IsBelow(place, Storage) || (IsBelow(place, Work) && !IsBelow(place, Path.Combine(Work, Spare)))))
            {
                yield return $"process {Path.GetFileName(process)} {command}";
            }
        }
    }

    private IEnumerable<string> Mounts() => File.ReadLines("/proc/self/mounts")
        .Select(line => line.Split(' ')[1])
        .Where(place => IsBelow(place, Work) || (IsBelow(place, Storage) && place != Path.Combine(Storage, "graph", "overlay")))
        .Select(place => $"mount {place}");

    private IEnumerable<string> Containers()
    {
        var graph = Path.Combine(Storage, "graph");
        return (Directory.Exists(graph) ? Directory.EnumerateDirectories(graph, "*-containers") : [])
            .SelectMany(Directory.EnumerateDirectories)
            .Select(container => $"container {Path.GetFileName(container)}");
    }

    private static bool IsBelow(string path, string folder) => path.StartsWith(folder, StringComparison.Ordinal);
}
