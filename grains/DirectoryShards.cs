namespace ImageBuilder.Grains;

/// <summary>How builds are spread over <see cref="IBuildDirectoryGrain"/>. The number is part of what is stored and never changes.</summary>
public static class DirectoryShards
{
    /// <summary>Shards of the directory.</summary>
    public const int Count = 16;

    /// <summary>Every shard.</summary>
    public static IEnumerable<IBuildDirectoryGrain> All(IGrainFactory grains) =>
        Enumerable.Range(0, Count).Select(shard => grains.GetGrain<IBuildDirectoryGrain>(shard));

    /// <summary>The shard that lists <paramref name="buildId"/>. Build ids are random, so any byte spreads them evenly.</summary>
    internal static IBuildDirectoryGrain Of(IGrainFactory grains, Guid buildId) =>
        grains.GetGrain<IBuildDirectoryGrain>(buildId.ToByteArray()[15] % Count);
}
