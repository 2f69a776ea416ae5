namespace ImageBuilder.Bob.Build;

/// <summary>
/// How much disk a build with buildah has taken up, cache included: the layers of its steps, the folders that they share with other builds of their owner, and
/// what the engine puts down meanwhile.
/// </summary>
/// <param name="graph">The engine's storage.</param>
/// <param name="hooks">What the containers of this build mention.</param>
/// <param name="folders">Other folders that the build fills.</param>
internal sealed class BuildahDiskUse(string graph, string hooks, IReadOnlyList<string> folders)
{
    private readonly Dictionary<string, long> _layers = [];

    /// <summary>Counts the bytes.</summary>
    public async Task<long> CountAsync()
    {
        // A layer that is gone has become a part of the image.
        foreach (var layer in WorkingContainer.ReadAll(graph).Where(container => container.IsOf(hooks)).Select(container => container.Layer))
        {
            _layers[layer] = await DiskCount.OfAllAsync([Path.Combine(graph, "overlay", layer, "diff")]);
        }

        return _layers.Values.Sum() + await DiskCount.OfAllAsync(folders);
    }
}
