using System.Globalization;
using ImageBuilder.Bob.Processes;

namespace ImageBuilder.Bob.Build.BuildKit;

/// <summary>
/// The storage of one buildkitd. A daemon wants one to itself, so there are as many as there were builds at once; a build takes the first that is
/// free, and with it the layers of the build before. Who holds its lock has it.
/// </summary>
internal sealed class BuildKitRoot : IAsyncDisposable
{
    /// <summary>The folder of an engine's storage that they lie in.</summary>
    public const string Parent = "buildkit";

    private const int RemovalTries = 20;
    private static readonly TimeSpan s_removalInterval = TimeSpan.FromMilliseconds(25);

    private readonly FileStream _lock;

    private BuildKitRoot(string folder, FileStream held)
    {
        Folder = folder;
        _lock = held;
        Directory.CreateDirectory(Temporary);
    }

    /// <summary>The folder of all that belongs to it.</summary>
    public string Folder { get; }

    /// <summary>What the daemon keeps.</summary>
    public string State => Path.Combine(Folder, "state");

    /// <summary>The daemon's configuration.</summary>
    public string ConfigurationFile => Path.Combine(Folder, "buildkitd.toml");

    /// <summary>What runs its steps.</summary>
    public string RuntimeFile => Path.Combine(Folder, "runtime");

    /// <summary>A file that is there while what the daemon keeps may hold files of a build's context.</summary>
    public string ContextsFile => Path.Combine(Folder, "contexts");

    // The limit that it was last brought down to, and when it last got or lost layers.
    private string PrunedFile => Path.Combine(Folder, "pruned");

    // The control groups of whoever had it last, as /proc/self/cgroup says them.
    private string CgroupFile => Path.Combine(Folder, "cgroup");

    /// <summary>The daemon's temporary files, and where it mounts what it copies from.</summary>
    public string Temporary => Path.Combine(Folder, "tmp");

    /// <summary>The first free one below <paramref name="parent"/>. What killed daemons left in the free ones is removed.</summary>
    public static async Task<BuildKitRoot> TakeAsync(string parent, CancellationToken cancellationToken)
    {
        BuildKitRoot? taken = null;
        for (var number = 0; taken is null || Directory.Exists(FolderOf(parent, number)); number++)
        {
            if (TryHold(FolderOf(parent, number)) is not { } root)
            {
                continue;
            }

            await root.RemoveRemainsAsync(cancellationToken);
            if (taken is null)
            {
                taken = root;
                KeptFile.Write(root.CgroupFile, await File.ReadAllTextAsync("/proc/self/cgroup", cancellationToken));
            }
            else
            {
                await root.DisposeAsync();
            }
        }

        return taken;
    }

    /// <summary>
    /// Whether what is kept was brought down to <paramref name="limit"/> bytes, and has no layer more since: no step has run, and no image was unpacked. What comes
    /// without one, an image's manifest, is small.
    /// </summary>
    public bool IsWithin(long limit) => Snapshots() is { Count: > 0 } && File.Exists(PrunedFile) && File.ReadAllText(PrunedFile) == Pruned(limit);

    /// <summary>Notes that what is kept was brought down to <paramref name="limit"/> bytes.</summary>
    public void NotePruned(long limit) => KeptFile.Write(PrunedFile, Pruned(limit));

    /// <summary>How many there are below <paramref name="parent"/>.</summary>
    public static int Count(string parent) => Enumerable.Range(0, int.MaxValue).TakeWhile(number => Directory.Exists(FolderOf(parent, number))).Count();

    /// <summary>Lets go of it. What steps left is removed; what was killed may use it for another moment, which is waited out.</summary>
    public async ValueTask DisposeAsync()
    {
        for (var tries = 1; !await RemoveRemainsAsync(CancellationToken.None) && tries < RemovalTries; tries++)
        {
            await Task.Delay(s_removalInterval);
        }

        await _lock.DisposeAsync();
    }

    private static string FolderOf(string parent, int number) => Path.Combine(parent, $"{number}");

    private static BuildKitRoot? TryHold(string folder)
    {
        Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        try
        {
            return new BuildKitRoot(folder, new FileStream(Path.Combine(folder, "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
        }
        catch (IOException)
        {
            // Another build has it.
            return null;
        }
    }

    // Of a step whose daemon was killed there are still its bundle, named like its container, perhaps half made or half removed, the runtime's note of it and its control groups.
    private async Task<bool> RemoveRemainsAsync(CancellationToken cancellationToken)
    {
        try
        {
            foreach (var bundle in Bundles())
            {
                await RemoveContainerAsync(Path.GetFileName(bundle), cancellationToken);
                Directory.Delete(bundle, recursive: true);
            }

            foreach (var hosts in Executors().SelectMany(executor => Directory.EnumerateFiles(executor, "hosts.*")))
            {
                File.Delete(hosts);
            }

            foreach (var leftover in Directory.EnumerateDirectories(Temporary))
            {
                Directory.Delete(leftover, recursive: true);
            }

            return Bundles().Count == 0;
        }
        catch (IOException)
        {
            // Something of it is in use; the next build tries again.
            return false;
        }
    }

    private async Task RemoveContainerAsync(string name, CancellationToken cancellationToken)
    {
        await ForegroundCommand.RunAsync(
            "runc", ["delete", "--force", name], new Dictionary<string, string> { ["PATH"] = EnginePrograms.Path }, Folder, silent: true, secrets: [], cancellationToken);

        StepCgroups.Remove(BuildKitRuntime.GroupPrefix + name, File.Exists(CgroupFile) ? File.ReadLines(CgroupFile) : []);
    }

    // A folder says when something was last put into it or taken from it.
    private string Pruned(long limit) => string.Create(CultureInfo.InvariantCulture, $"{limit} {string.Join(' ', Snapshots().Select(folder => Directory.GetLastWriteTimeUtc(folder).Ticks))}");

    private List<string> Snapshots() => OfWorkers("snapshots/snapshots");

    private List<string> Executors() => OfWorkers("executor");

    private List<string> OfWorkers(string folder) =>
        Directory.Exists(State) ? [.. Directory.EnumerateDirectories(State, "runc-*").Select(worker => Path.Combine(worker, folder)).Where(Directory.Exists)] : [];

    private List<string> Bundles() => [.. Executors().SelectMany(Directory.EnumerateDirectories)];
}
