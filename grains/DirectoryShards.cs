namespace ImageBuilder.Grains;

/// <summary>How builds are spread over <see cref="IBuildDirectoryGrain"/>. The number is part of what is stored and never changes.</summary>
public static class DirectoryShards
{
    /// <summary>Shards of the directory.</summary>
    public const int Count = 16;

    /// <summary>How many builds each shard keeps past retention at most.</summary>
    public const int PinsPerShard = 64;

    /// <summary>Every shard.</summary>
    public static IEnumerable<IBuildDirectoryGrain> All(IGrainFactory grains) =>
        Enumerable.Range(0, Count).Select(shard => grains.GetGrain<IBuildDirectoryGrain>(shard));

    /// <summary>The number of the shard that lists <paramref name="buildId"/>. Build ids are random, so any byte spreads them evenly.</summary>
    public static int NumberOf(Guid buildId) => buildId.ToByteArray()[15] % Count;

    /// <summary>The shard that lists <paramref name="buildId"/>.</summary>
    public static IBuildDirectoryGrain Of(IGrainFactory grains, Guid buildId) => grains.GetGrain<IBuildDirectoryGrain>(NumberOf(buildId));

    /// <summary>What each shard has of a limit that is given for all of them together.</summary>
    internal static long ShareOf(long limit) => (limit + Count - 1) / Count;
}
