using System.Collections.Immutable;
using ImageBuilder.Grains.Messages;
using Orleans.Concurrency;

namespace ImageBuilder.Grains;

/// <summary>A shard of the list of builds (<see cref="DirectoryShards"/>): those that run, and those that ended within retention.</summary>
[Alias("imagebuilder.IBuildDirectoryGrain")]
public interface IBuildDirectoryGrain : IGrainWithIntegerKey
{
    /// <summary>Lists a build that has been accepted.</summary>
    [Alias("Add")]
    Task Add(DirectoryEntry entry);

    /// <summary>Moves a build to those that have ended.</summary>
    [Alias("End")]
    Task End(DirectoryEntry entry);

    /// <summary>Puts the entry in the place of the one that is listed of the same build; does nothing when none is.</summary>
    [Alias("Update")]
    Task Update(DirectoryEntry entry);

    /// <summary>Takes a build that was never stored off the list of those that run.</summary>
    [Alias("Drop")]
    Task Drop(Guid buildId);

    /// <summary>The builds that run.</summary>
    [ReadOnly]
    [Alias("ListRunning")]
    Task<ImmutableArray<DirectoryEntry>> ListRunning();

    /// <summary>What a query looks for, the newest first, at most as many as it says: running builds that may match, and ended ones that do.</summary>
    [ReadOnly]
    [ResponseTimeout("00:00:30")]
    [Alias("Find")]
    Task<DirectoryFindings> Find(DirectoryQuery query);

    /// <summary>The ended builds among what this shard found, in any order; those that were forgotten meanwhile are missing.</summary>
    [ReadOnly]
    [ResponseTimeout("00:00:30")]
    [Alias("Read")]
    Task<ImmutableArray<DirectoryEntry>> Read(ImmutableArray<DirectoryHit> hits);

    /// <summary>Keeps a build past retention, and its log past the limit of all logs.</summary>
    [Alias("Pin")]
    Task<PinOutcome> Pin(Guid buildId);

    /// <summary>Lets a build go the way of the others again: one past retention is forgotten.</summary>
    [Alias("Unpin")]
    Task Unpin(Guid buildId);

    /// <summary>Takes up every build that an earlier process left unfinished, and sees to it that those past retention are forgotten.</summary>
    [ResponseTimeout("00:01:00")]
    [Alias("TakeUp")]
    Task TakeUp();

    /// <summary>Fills a shard whose own state was lost from what else is stored of it; does nothing when it has a state.</summary>
    /// <param name="pages">Its pages that are stored, in order.</param>
    /// <param name="builds">The builds that have a state stored, those in pages among them.</param>
    [ResponseTimeout("00:10:00")]
    [Alias("Restore")]
    Task Restore(ImmutableArray<long> pages, ImmutableArray<Guid> builds);
}
