using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using Orleans.Runtime;

namespace ImageBuilder.Grains;

/// <summary>
/// Takes up, when a service starts, the builds that an earlier one left unfinished. A queue or a shard of the directory whose state cannot be read
/// starts anew: the queue hears of its builds from them, the shard finds them by what else is stored.
/// </summary>
public sealed partial class UnfinishedBuilds(IGrainFactory grains, IUnreadableStates states, GrainCalls calls, ILogger<UnfinishedBuilds> logger)
{
    /// <summary>Ends when every build is taken up that can be.</summary>
    public async Task TakeUpAsync()
    {
        await CheckQueueAsync(grains.GetGrain<IQueueGrain>(IQueueGrain.Default));
        await Task.WhenAll(DirectoryShards.All(grains).Select(TakeUpAsync));
    }

    private async Task CheckQueueAsync(IQueueGrain queue)
    {
        try
        {
            await queue.Get();
        }
        catch (UnreadableStateException error)
        {
            LogQueueUnreadable(logger, error, await SetAsideAsync("queue", queue));
        }
    }

    private async Task TakeUpAsync(IBuildDirectoryGrain shard)
    {
        try
        {
            await shard.TakeUp();
        }
        catch (UnreadableStateException error)
        {
            await RestoreAsync(shard, error);
            await shard.TakeUp();
        }
    }

    private async Task RestoreAsync(IBuildDirectoryGrain shard, UnreadableStateException error)
    {
        var number = shard.GetPrimaryKeyLong();
        var pages = (await states.FindAsync("history", grains.GetGrain<IBuildHistoryGrain>(0).GetGrainId().Type))
            .Select(page => page.GetIntegerKey())
            .Where(page => page % DirectoryShards.Count == number)
            .Select(page => page / DirectoryShards.Count)
            .Order()
            .ToImmutableArray();
        var builds = (await states.FindAsync("build", grains.GetGrain<IBuildGrain>(Guid.Empty).GetGrainId().Type))
            .Select(build => build.GetGuidKey())
            .Where(build => DirectoryShards.NumberOf(build) == number)
            .ToImmutableArray();
        LogShardUnreadable(logger, error, number, await SetAsideAsync("directory", shard));
        await calls.RetryAfterSetAsideAsync(
            async () =>
            {
                await shard.Restore(pages, builds);
                return true;
            },
            CancellationToken.None);
    }

    private async Task<string?> SetAsideAsync(string stateName, IAddressable grain)
    {
        Instruments.UnreadableStates.WithLabels(stateName).Inc();
        return await states.SetAsideAsync(stateName, grain.GetGrainId());
    }
}
