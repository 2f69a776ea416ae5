using System.Collections.Immutable;
using ImageBuilder.Grains.Messages;
using Orleans.Placement;
using Orleans.Runtime;

namespace ImageBuilder.Grains.Directory;

/// <summary>Keeps a page. One that is looked at stays in memory for as long as somebody may turn to the next page of a list that it is part of.</summary>
[CollectionAgeLimit(Minutes = 2)]
[PreferLocalPlacement]
internal sealed class BuildHistoryGrain(
    [PersistentState("history", StateStorage.Name)] IPersistentState<HistoryState> state) : Grain, IBuildHistoryGrain
{
    /// <inheritdoc />
    public Task Store(long start, ImmutableArray<DirectoryEntry> entries) => StoreAsync(new HistoryState { Start = start, Entries = entries });

    /// <inheritdoc />
    public Task Replace(long sequence, DirectoryEntry entry)
    {
        var (page, index) = (state.State, (int)(sequence - state.State.Start));
        return index >= 0 && index < page.Entries.Length && page.Entries[index].Id == entry.Id
            ? StoreAsync(page with { Entries = page.Entries.SetItem(index, entry) })
            : Task.CompletedTask;
    }

    /// <inheritdoc />
    public Task<HistoryPage> Summarize()
    {
        // A shard that starts asks every page, and has what it needs then.
        DeactivateOnIdle();
        return Task.FromResult(new HistoryPage(state.State.Start, [.. state.State.Entries.Select(HistoryRow.Of)]));
    }

    /// <inheritdoc />
    public Task<ImmutableArray<DirectoryEntry>> Read(ImmutableArray<long> sequences)
    {
        var page = state.State;
        return Task.FromResult(sequences
            .Where(sequence => sequence >= page.Start && sequence - page.Start < page.Entries.Length)
            .Select(sequence => page.Entries[(int)(sequence - page.Start)])
            .ToImmutableArray());
    }

    /// <inheritdoc />
    public async Task Remove()
    {
        await state.ClearStateAsync();
        DeactivateOnIdle();
    }

    private async Task StoreAsync(HistoryState next)
    {
        var stored = state.State;
        state.State = next;
        try
        {
            await state.WriteStateAsync();
        }
        catch
        {
            state.State = stored;
            throw;
        }
    }
}
