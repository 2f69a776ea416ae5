using System.Collections.Immutable;
using ImageBuilder.Grains.Messages;
using Orleans.Concurrency;

namespace ImageBuilder.Grains;

/// <summary>
/// A page of the builds that ended, written once by the shard of the directory that it belongs to. The key is
/// page number * <see cref="DirectoryShards.Count"/> + shard.
/// </summary>
[Alias("imagebuilder.IBuildHistoryGrain")]
public interface IBuildHistoryGrain : IGrainWithIntegerKey
{
    /// <summary>Stores the page in the place of what there was.</summary>
    /// <param name="start">Sequence of the first build.</param>
    /// <param name="entries">The builds, in the order of their ends.</param>
    [Alias("Store")]
    Task Store(long start, ImmutableArray<DirectoryEntry> entries);

    /// <summary>Puts an entry in the place of the one with its sequence; does nothing when the page has none.</summary>
    [Alias("Replace")]
    Task Replace(long sequence, DirectoryEntry entry);

    /// <summary>The page in short.</summary>
    [ReadOnly]
    [Alias("Summarize")]
    Task<HistoryPage> Summarize();

    /// <summary>The builds with these sequences that the page has.</summary>
    [ReadOnly]
    [ResponseTimeout("00:00:30")]
    [Alias("Read")]
    Task<ImmutableArray<DirectoryEntry>> Read(ImmutableArray<long> sequences);

    /// <summary>Removes the page; does nothing where there is none.</summary>
    [Alias("Remove")]
    Task Remove();
}
