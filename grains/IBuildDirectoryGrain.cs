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

    /// <summary>The builds that run.</summary>
    [ReadOnly]
    [Alias("ListRunning")]
    Task<ImmutableArray<DirectoryEntry>> ListRunning();

    /// <summary>Takes up every build that an earlier process left unfinished, and forgets those past retention.</summary>
    [Alias("TakeUp")]
    Task TakeUp();
}
