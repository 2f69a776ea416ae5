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

    /// <summary>Takes up every build that an earlier process left unfinished, and forgets those past retention.</summary>
    [Alias("TakeUp")]
    Task TakeUp();
}
