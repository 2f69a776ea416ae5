using System.Collections.Immutable;
using ImageBuilder.Builds;
using ImageBuilder.Grains.Messages;
using Microsoft.Extensions.Logging;
using Orleans.Runtime;

namespace ImageBuilder.Grains.Directory;

/// <summary>
/// Keeps the shard's list, and forgets what is past retention whenever a build ends here, when the service starts, and now and
/// then, so that a service which nobody uses forgets too.
/// </summary>
internal sealed partial class BuildDirectoryGrain(
    [PersistentState("directory", StateStorage.Name)] IPersistentState<DirectoryState> state,
    BuildOptions options,
    TimeProvider clock,
    ILogger<BuildDirectoryGrain> logger) : Grain, IBuildDirectoryGrain
{
    /// <summary>Bounds what one shard stores, however many builds end within retention.</summary>
    private const int MaxEnded = 1_000;

    /// <inheritdoc />
    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        // Kept alive: when it was collected, nothing would tick.
        this.RegisterGrainTimer(ForgetOldAsync, new GrainTimerCreationOptions(options.ForgetPeriod, options.ForgetPeriod) { KeepAlive = true });
        return Task.CompletedTask;
    }

    /// <inheritdoc />
    public Task Add(DirectoryEntry entry) => StoreAsync(state.State with { Running = state.State.Running.SetItem(entry.Id, entry) });

    /// <inheritdoc />
    public async Task End(DirectoryEntry entry)
    {
        if (state.State.Running.ContainsKey(entry.Id))
        {
            await StoreAsync(WithEnded(state.State, entry));
            await ForgetOldAsync();
        }
    }

    /// <inheritdoc />
    public async Task Update(DirectoryEntry entry)
    {
        if (state.State.Running.ContainsKey(entry.Id))
        {
            await Add(entry);
        }
        else if (state.State.Ended.FindIndex(ended => ended.Id == entry.Id) is >= 0 and var index)
        {
            await StoreAsync(state.State with { Ended = state.State.Ended.SetItem(index, entry) });
        }
    }

    /// <inheritdoc />
    public async Task Drop(Guid buildId)
    {
        if (state.State.Running.ContainsKey(buildId))
        {
            await StoreAsync(state.State with { Running = state.State.Running.Remove(buildId) });
        }
    }

    /// <inheritdoc />
    public Task<ImmutableArray<DirectoryEntry>> ListRunning() => Task.FromResult(state.State.Running.Values.ToImmutableArray());

    /// <inheritdoc />
    public async Task TakeUp()
    {
        foreach (var id in state.State.Running.Keys)
        {
            try
            {
                var entry = await GrainFactory.GetGrain<IBuildGrain>(id).TakeUp();
                if (entry is null)
                {
                    await StoreAsync(state.State with { Running = state.State.Running.Remove(id) });
                }
                else if (entry.FinishedAt is not null)
                {
                    await StoreAsync(WithEnded(state.State, entry));
                }
            }
            catch (Exception error)
            {
                // One build that cannot be read must not keep the others from going on.
                LogTakeUpFailed(logger, error, id);
            }
        }

        await ForgetOldAsync();
    }

    private static DirectoryState WithEnded(DirectoryState directory, DirectoryEntry entry) => directory with
    {
        Running = directory.Running.Remove(entry.Id),
        Ended = directory.Ended.Add(entry),
    };

    private async Task ForgetOldAsync()
    {
        var horizon = clock.GetUtcNow() - options.Retention;
        var old = state.State.Ended.TakeWhile((entry, index) => entry.FinishedAt < horizon || state.State.Ended.Count - index > MaxEnded).ToList();
        var forgotten = new HashSet<Guid>();
        foreach (var entry in old)
        {
            try
            {
                if (await GrainFactory.GetGrain<IBuildGrain>(entry.Id).Forget() is null)
                {
                    forgotten.Add(entry.Id);
                }
            }
            catch (Exception error)
            {
                // It stays in the list, so that the next time it is tried again.
                LogForgetFailed(logger, error, entry.Id);
            }
        }

        if (forgotten.Count > 0)
        {
            await StoreAsync(state.State with { Ended = state.State.Ended.RemoveAll(entry => forgotten.Contains(entry.Id)) });
        }
    }

    private Task StoreAsync(DirectoryState next)
    {
        state.State = next;
        return state.WriteStateAsync();
    }
}
