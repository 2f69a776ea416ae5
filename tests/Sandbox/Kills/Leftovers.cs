using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json.Nodes;

namespace ImageBuilder.Sandbox.Kills;

/// <summary>What builds have left on this machine when none runs.</summary>
/// <param name="dataFolder">The service's data folder.</param>
internal sealed class Leftovers(string dataFolder)
{
    // A proxy that waits for the next build is no leftover.
    private const string Spare = "spare.";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    private readonly ConcurrentDictionary<string, byte> _steps = [];

    /// <summary>The service's folder of attempts.</summary>
    public string Work => Path.Combine(dataFolder, "work");

    // Of buildah, and of BuildKit.
    private string[] Engines => [Path.Combine(Storage, "builds"), Path.Combine(Storage, "buildkit", "builds")];

    private string Storage => Path.Combine(dataFolder, "buildah");

    /// <summary>All of it, a line each.</summary>
    public IReadOnlyList<string> Find() => [.. Folders(), .. Processes(), .. Mounts(), .. Containers(), .. Steps()];

    /// <summary>As <see cref="Find"/>, when whoever cleans up has had some time to.</summary>
    public async Task<IReadOnlyList<string>> WaitAsync(CancellationToken cancellationToken)
    {
        for (var waited = TimeSpan.Zero; ; waited += Pause)
        {
            var found = Find();
            if (found.Count == 0 || waited > Patience)
            {
                return found;
            }

            await Task.Delay(Pause, cancellationToken);
        }
    }

    /// <summary>Remembers the steps that run now, to look later for what the runtime and the kernel keep of them.</summary>
    public void NoteSteps()
    {
        foreach (var bundle in Bundles())
        {
            // The runtime knows it by the one name, the kernel's control groups by the other.
            _steps.TryAdd(Path.GetFileName(bundle), 0);
            _steps.TryAdd($"buildkit-{Path.GetFileName(bundle)}", 0);
        }

        foreach (var folder in FoldersOf(Engines[0]))
        {
            try
            {
                foreach (var bundle in FoldersOf(Path.Combine(folder, "tmp")))
                {
                    _steps.TryAdd($"buildah-{Path.GetFileName(bundle)}", 0);
                }
            }
            catch (DirectoryNotFoundException)
            {
                // Its build has ended meanwhile.
            }
        }
    }

    private IEnumerable<string> Folders() => FoldersOf(Work)
        .Where(folder => !Path.GetFileName(folder).StartsWith(Spare, StringComparison.Ordinal))
        .Concat(Engines.SelectMany(builds => FoldersOf(builds)))
        .Concat(Bundles())
        .Concat(BuildKitRoots().SelectMany(root => FoldersOf(Path.Combine(root, "tmp"))))
        .Select(folder => $"folder {folder}");

    // One for every daemon that ran beside others.
    private IEnumerable<string> BuildKitRoots() => FoldersOf(Path.Combine(Storage, "buildkit")).Where(root => root != Engines[1]);

    private IEnumerable<string> Bundles() => BuildKitRoots().SelectMany(root => FoldersOf(Path.Combine(root, "state"), "runc-*")).SelectMany(worker => FoldersOf(Path.Combine(worker, "executor")));

    private IEnumerable<string> Steps() => FoldersOf("/run/runc")
        .Concat(FoldersOf("/sys/fs/cgroup", "build*-*", SearchOption.AllDirectories))
        .Where(folder => _steps.ContainsKey(Path.GetFileName(folder)))
        .Select(folder => $"step {folder}");

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

    // One that was just made has no folder yet, and one that is half removed is no longer listed.
    private IEnumerable<string> Containers() => FoldersOf(Path.Combine(Storage, "graph"), "*-containers").SelectMany(driver =>
    {
        var listed = Listed(Path.Combine(driver, "containers.json")).ToHashSet();
        return FoldersOf(driver).Select(folder => Path.GetFileName(folder)).Union(listed)
            .Select(id => $"container {id}, {(listed.Contains(id) ? "listed" : "not listed")}, {Noted(Path.Combine(driver, id, "userdata", "buildah.json"))}");
    });

    private static string Noted(string file) => File.Exists(file) ? $"noted {File.GetLastWriteTimeUtc(file):HH:mm:ss.fff}" : "not noted";

    private static IEnumerable<string> Listed(string file) =>
        File.Exists(file) ? JsonNode.Parse(File.ReadAllText(file))!.AsArray().Select(container => (string)container!["id"]!) : [];

    private static IEnumerable<string> FoldersOf(string folder, string pattern = "*", SearchOption depth = SearchOption.TopDirectoryOnly) =>
        Directory.Exists(folder) ? Directory.EnumerateDirectories(folder, pattern, depth) : [];

    private static bool IsBelow(string path, string folder) => path.StartsWith(folder, StringComparison.Ordinal);
}
