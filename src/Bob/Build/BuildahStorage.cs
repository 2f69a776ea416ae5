using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using ImageBuilder.Bob.Processes;

namespace ImageBuilder.Bob.Build;

/// <summary>
/// What buildah keeps from one build to the next, below one folder: layers, which builds of all owners share, and cache mounts, which are their owner's.
/// Builds hold a lock together; what is removed is removed while nobody builds.
/// </summary>
/// <param name="root">The folder.</param>
internal sealed class BuildahStorage(string root)
{
    private static readonly TimeSpan s_interval = TimeSpan.FromMilliseconds(20);

    /// <summary>Layers and images.</summary>
    public string Graph => Path.Combine(root, "graph");

    private string Caches => Path.Combine(root, "caches");

    private string LockFile => Path.Combine(root, "use.lock");

    /// <summary>The folder of an owner's cache mounts; it is made if missing.</summary>
    public string CacheOf(string owner)
    {
        var folder = Directory.CreateDirectory(Path.Combine(Caches, owner), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        folder.LastWriteTimeUtc = DateTime.UtcNow;
        return folder.FullName;
    }

    /// <summary>Keeps what is there from being removed until the lock is let go of; waits while something is being removed.</summary>
    public async Task<IDisposable> UseAsync(TimeProvider time, CancellationToken cancellationToken)
    {
        while (true)
        {
            if (TryLock(FileAccess.Read, FileShare.Read) is { } held)
            {
                return held;
            }

            await Task.Delay(s_interval, time, cancellationToken);
        }
    }

    /// <summary>The images that something was wrong with while, or before, they were made: see <see cref="StoredLayers"/>. The newest come first.</summary>
    public IReadOnlyList<string> DamagedImages() => DamagedImages(out _);

    /// <summary>As <see cref="DamagedImages()"/>.</summary>
    /// <param name="layers">The layers by which they were judged.</param>
    public IReadOnlyList<string> DamagedImages(out StoredLayers layers)
    {
        // Images first: one is listed after its layers are.
        var images = ReadList("images");
        var list = layers = Layers();
        return
        [
            .. images
                .Where(image => image.TryGetProperty("layer", out var layer) && !list.IsWhole(layer.GetString()!))
                .OrderByDescending(image => image.GetProperty("created").GetDateTimeOffset())
                .Select(image => image.GetProperty("id").GetString()!),
        ];
    }

    /// <summary>The layers as they are listed now.</summary>
    public StoredLayers Layers() => new(ReadList("layers"));

    /// <summary>Removes, when nobody builds, what was used or made longest ago until no more than <paramref name="limit"/> bytes are left, a quarter of it for cache mounts.</summary>
    /// <param name="limit">Bytes.</param>
    /// <param name="runEngine">Has the engine carry out a command.</param>
    /// <param name="cancellationToken">Has nothing more be begun. A cache whose removal has begun is removed: half of one is worse than none.</param>
    public async Task PruneAsync(long limit, Func<IEnumerable<string>, Task> runEngine, CancellationToken cancellationToken)
    {
        using var held = TryLock(FileAccess.ReadWrite, FileShare.None);
        if (held is null)
        {
            return;
        }

        var caches = await PruneCachesAsync(limit / 4, cancellationToken);
        if (LayerBytes() + caches <= limit)
        {
            return;
        }

        await RemoveLayersWithoutImageAsync(runEngine, cancellationToken);
        foreach (var image in LayerBytes() + caches > limit ? ImagesByAge() : [])
        {
            cancellationToken.ThrowIfCancellationRequested();

            // With the layers that only it has; an image that others stand on stays.
            await runEngine(["rmi", image]);
            if (LayerBytes() + caches <= limit)
            {
                break;
            }
        }
    }

    // What a killed engine had fetched or made already. There is no command for these; but when the engine opens its storage it removes layers that are marked as half written, most of them at a time.
    private async Task RemoveLayersWithoutImageAsync(Func<IEnumerable<string>, Task> runEngine, CancellationToken cancellationToken)
    {
        for (var before = int.MaxValue; MarkLayersWithoutImage() is > 0 and var found && found < before; before = found)
        {
            cancellationToken.ThrowIfCancellationRequested();
            await runEngine(["images", "--quiet"]);
        }
    }

    private int MarkLayersWithoutImage()
    {
        var used = ReadList("images").Concat(ReadList("containers")).SelectMany(LayersOf);
        var list = ReadList("layers");
        var unused = new StoredLayers(list).Except(used);
        if (unused.Count > 0)
        {
            var marked = list.Select(layer => JsonObject.Create(layer)!).ToArray();
            foreach (var layer in marked.Where(layer => unused.Contains(layer["id"]!.GetValue<string>())))
            {
                layer["flags"] = new JsonObject { [StoredLayers.IncompleteFlag] = true };
            }

            var file = ListFile("layers");
            File.WriteAllText(file + ".new", new JsonArray([.. marked]).ToJsonString());
            File.Move(file + ".new", file, overwrite: true);
        }

        return unused.Count;
    }

    private static IEnumerable<string> LayersOf(JsonElement user)
    {
        List<string> layers = [];
        if (user.TryGetProperty("layer", out var layer))
        {
            layers.Add(layer.GetString()!);
        }

        if (user.TryGetProperty("mapped-layers", out var mapped))
        {
            layers.AddRange(mapped.EnumerateArray().Select(one => one.GetString()!));
        }

        return layers;
    }

    private async Task<long> PruneCachesAsync(long limit, CancellationToken cancellationToken)
    {
        long kept = 0;
        foreach (var cache in Directory.Exists(Caches) ? new DirectoryInfo(Caches).EnumerateDirectories().OrderByDescending(cache => cache.LastWriteTimeUtc) : Enumerable.Empty<DirectoryInfo>())
        {
            cancellationToken.ThrowIfCancellationRequested();
            var bytes = await DiskCount.OfAllAsync([cache.FullName]);
            var remains = kept + bytes <= limit || !await FolderRemoval.TryRemoveAsync(cache.FullName);
            kept += remains ? bytes : 0;
        }

        return kept;
    }

    // What the engine notes of each layer. The files themselves are too many to be counted after every build.
    private long LayerBytes() => ReadList("layers").Sum(layer => layer.TryGetProperty("diff-size", out var size) ? size.GetInt64() : 0);

    private List<string> ImagesByAge() =>
        [.. ReadList("images").OrderBy(image => DateTimeOffset.Parse(image.GetProperty("created").GetString()!, CultureInfo.InvariantCulture)).Select(image => image.GetProperty("id").GetString()!)];

    private List<JsonElement> ReadList(string what)
    {
        var file = ListFile(what);
        return File.Exists(file) ? [.. JsonDocument.Parse(File.ReadAllText(file)).RootElement.EnumerateArray()] : [];
    }

    private string ListFile(string what) => Path.Combine(Graph, $"overlay-{what}", $"{what}.json");

    private FileStream? TryLock(FileAccess access, FileShare share)
    {
        try
        {
            return new FileStream(LockFile, FileMode.OpenOrCreate, access, share);
        }
        catch (IOException)
        {
            return null;
        }
    }
}
