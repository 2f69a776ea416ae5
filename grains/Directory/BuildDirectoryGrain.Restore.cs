using System.Collections.Immutable;
using ImageBuilder.Grains.Messages;
using Orleans.Runtime;

namespace ImageBuilder.Grains.Directory;

/// <summary>What is made anew from what the builds themselves have stored: a whole shard, or pages of its history.</summary>
internal sealed partial class BuildDirectoryGrain
{
    // The pages whose content is damaged or lost.
    private readonly SortedSet<long> _damaged = [];

    /// <inheritdoc />
    public async Task Restore(ImmutableArray<long> pages, ImmutableArray<Guid> builds)
    {
        if (state.RecordExists)
        {
            return;
        }

        await Task.WhenAll(pages.Select(LoadPageAsync));
        var paged = pages.Where(_index.Has).SelectMany(RowsOf).ToHashSet();
        var entries = await Task.WhenAll(builds.Where(build => !paged.Contains(build)).Select(FindAgainAsync));
        var first = pages.IsEmpty ? 0 : pages[0];
        var restored = new DirectoryState
        {
            FirstPage = first,
            FirstKept = first * HistoryIndex.PageSize,
            FirstWithLog = first * HistoryIndex.PageSize,
            EndedStart = pages.IsEmpty ? 0 : (pages[^1] + 1) * HistoryIndex.PageSize,
        };
        await StoreAsync(directory => state.RecordExists ? directory : entries.OfType<DirectoryEntry>().OrderBy(entry => entry.FinishedAt).Aggregate(
            restored,
            (known, entry) => entry.FinishedAt is null ? known with { Running = known.Running.Add(entry.Id, entry) } : known.WithEnded(entry)));
    }

    private async Task RestorePagesAsync(CancellationToken stopping)
    {
        if (_damaged.Count == 0)
        {
            return;
        }

        var stored = await unreadable.FindAsync("build", GrainFactory.GetGrain<IBuildGrain>(Guid.Empty).GetGrainId().Type);

        // At one instant: the builds of a page that is made anew must not be among the known ones, or it would be made empty. Others may be told
        // to be damaged meanwhile, and have their turn next; or late, when they are made anew already and known.
        _damaged.RemoveWhere(_index.Has);
        var (damaged, known) = (_damaged.ToList(), KnownBuilds(state.State));
        var lost = new Queue<DirectoryEntry>(await FindLostAsync(stored
            .Select(build => build.GetGuidKey())
            .Where(build => DirectoryShards.NumberOf(build) == Shard && !known.Contains(build))));
        foreach (var page in damaged)
        {
            await RestorePageAsync(page, lost, stopping);
            _damaged.Remove(page);
        }
    }

    /// <summary>Those of <paramref name="unknown"/> that ended, in the order of their ends.</summary>
    private async Task<IEnumerable<DirectoryEntry>> FindLostAsync(IEnumerable<Guid> unknown)
    {
        var lost = new List<DirectoryEntry>();
        foreach (var some in unknown.Chunk(HistoryIndex.PageSize))
        {
            lost.AddRange((await Task.WhenAll(some.Select(FindAgainAsync))).OfType<DirectoryEntry>().Where(entry => entry.FinishedAt is not null));
        }

        return lost.OrderBy(entry => entry.FinishedAt);
    }

    /// <summary>The builds of this shard that are in what can be read.</summary>
    private HashSet<Guid> KnownBuilds(DirectoryState directory) =>
    [
        .. directory.Running.Keys,
        .. directory.Ended.Select(entry => entry.Id),
        .. directory.Unforgotten,
        .. directory.Pinned.Where(pinned => pinned.Value.Sequence < directory.FirstKept).Select(pinned => pinned.Key),
        .. PagesOf(directory).Where(_index.Has).SelectMany(RowsOf),
    ];

    private IEnumerable<Guid> RowsOf(long page) => _index.Rows(page, page * HistoryIndex.PageSize).Select(ended => ended.Row.Id);

    /// <summary>Fills a page with those that ended before the builds of the next one, which are as many as it had unless builds are lost themselves.</summary>
    private async Task RestorePageAsync(long page, Queue<DirectoryEntry> lost, CancellationToken stopping)
    {
        var directory = state.State;
        var end = (page + 1) * HistoryIndex.PageSize;
        var next = EndedFrom(directory, end).Select(ended => (long?)ended.Row.Finished).FirstOrDefault() ?? long.MaxValue;
        var room = end - Math.Max(page * HistoryIndex.PageSize, directory.FirstKept);
        var entries = ImmutableArray.CreateBuilder<DirectoryEntry>();
        while (entries.Count < room && lost.TryPeek(out var entry) && HistoryRow.Of(entry).Finished <= next)
        {
            entries.Add(lost.Dequeue());
        }

        var start = end - entries.Count;
        var kept = await SetAsideAsync("history", Page(page));
        await calls.RetryAfterSetAsideAsync(
            async () =>
            {
                await Page(page).Store(start, entries.ToImmutable());
                return true;
            },
            stopping);
        _index.Set(page, new HistoryPage(start, [.. entries.Select(HistoryRow.Of)]));
        await StoreAsync(known => known with
        {
            Pinned = known.Pinned.SetItems(entries
                .Select((entry, index) => (entry.Id, Sequence: start + index))
                .Where(restored => known.Pinned.ContainsKey(restored.Id))
                .Select(restored => KeyValuePair.Create(restored.Id, known.Pinned[restored.Id] with { Sequence = restored.Sequence }))),
        });
        LogPageRestored(logger, page, Shard, entries.Count, room, kept);
    }

    private async Task<DirectoryEntry?> FindAgainAsync(Guid buildId)
    {
        try
        {
            var entry = await GrainFactory.GetGrain<IBuildGrain>(buildId).TakeUp();
            return entry?.FinishedAt is null ? entry : entry with { LogBytes = await logs.GetSizeAsync(buildId, CancellationToken.None) };
        }
        catch (Exception error)
        {
            LogNotFoundAgain(logger, error, buildId);
            return null;
        }
    }
}
