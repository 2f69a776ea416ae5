namespace ImageBuilder.Grains.Messages;

/// <summary>What came of pinning a build.</summary>
public enum PinOutcome
{
    /// <summary>It is kept.</summary>
    Pinned,

    /// <summary>It is not listed: unknown, or past retention.</summary>
    NotFound,

    /// <summary>Its shard keeps as many builds as it may (<see cref="DirectoryShards.PinsPerShard"/>).</summary>
    TooMany,
}
