namespace ImageBuilder.Bob.Build;

/// <summary>
/// How much disk a build with buildah has taken up, cache included: the layers of its steps, the folders that they share with other builds of their owner, and
/// what the engine puts down meanwhile.
/// </summary>
/// <param name="storage">The engine's storage.</param>
/// <param name="hooks">What the containers of this build mention.</param>
/// <param name="folders">Other folders that the build fills.</param>
internal sealed class BuildahDiskUse(BuildahStorage storage, string hooks, IReadOnlyList<string> folders)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, CountedLayer> _layers = [];

    /// <summary>Counts the bytes.</summary>
    public async Task<long> CountAsync()
    {
        var working = WorkingLayers();
        var list = working.Count > 0 ? storage.Layers() : null;
        foreach (var id in working)
        {
            var bytes = await DiskCount.OfAllAsync([Path.Combine(storage.Graph, "overlay", id, "diff")]);
            lock (_lock)
            {
                var layer = LayerOf(id);
                (layer.Parent, layer.Bytes) = (list!.ParentOf(id), bytes);
            }
        }

        return LayerBytes() + await DiskCount.OfAllAsync(folders);
    }

    /// <summary>Leaves out what goes when the engine begins again: the layers of steps that have not ended, and those that were made on damaged ones.</summary>
    public void LeaveOutLost()
    {
        var (working, list) = (WorkingLayers(), storage.Layers());
        lock (_lock)
        {
            foreach (var layer in working.Select(LayerOf).Concat(_layers.Values.Where(layer => !list.IsWhole(layer.Parent))).ToList())
            {
                layer.IsLost = true;
            }
        }
    }

    private List<string> WorkingLayers() =>
        [.. WorkingContainer.ReadAll(storage.Graph).Where(container => container.IsOf(hooks)).Select(container => container.Layer)];

    private CountedLayer LayerOf(string id) => _layers.TryGetValue(id, out var known) ? known : _layers[id] = new CountedLayer();

    // A layer that is gone from the storage has become a part of the image, if it was not lost.
    private long LayerBytes()
    {
        lock (_lock)
        {
            return _layers.Values.Where(layer => !layer.IsLost).Sum(layer => layer.Bytes);
        }
    }

    // A class, since generic code for classes is compiled ahead of time.
    private sealed class CountedLayer
    {
        public string Parent { get; set; } = string.Empty;

        public long Bytes { get; set; }

        public bool IsLost { get; set; }
    }
}
