using System.Collections.Immutable;
using ImageBuilder.Builds;
using ImageBuilder.Builds.Lifecycle;
using ImageBuilder.Builds.Logs;
using ImageBuilder.Grains.Messages;
using Microsoft.Extensions.Logging;
using Orleans.Concurrency;
using Orleans.Placement;
using Orleans.Runtime;

namespace ImageBuilder.Grains.Directory;

/// <summary>
/// Keeps the shard's list: builds that run and those that ended last in its own small state, older ones in pages that are written once. Beside
/// the calls a timer forgets what is past retention, oldest first: builds with their states and logs, then pages as they become empty.
/// Whatever is interrupted is done again: a page by the same builds, forgetting a build that is forgotten.
/// </summary>
/// <remarks>Calls interleave, so that lists and new builds do not wait for one another; changes of the state are stored one at a time.</remarks>
[ResourceOptimizedPlacement]
[Reentrant]
internal sealed partial class BuildDirectoryGrain(
    [PersistentState("directory", StateStorage.Name)] IPersistentState<DirectoryState> state,
    IBuildLogs logs,
    IUnreadableStates unreadable,
    GrainCalls calls,
    BuildOptions options,
    TimeProvider clock,
    ILogger<BuildDirectoryGrain> logger) : Grain, IBuildDirectoryGrain, IDisposable
{
    /// <summary>Bounds what is stored of builds past retention that could not be forgotten; retention waits when there are more.</summary>
    private const int MaxUnforgotten = 1_000;

    private readonly SemaphoreSlim _storing = new(1);
    private readonly HistoryIndex _index = new();
    private readonly HashSet<Guid> _forgetting = [];
    private Task _loading = Task.CompletedTask;
    private IGrainTimer? _timer;

    private long Shard => this.GetPrimaryKeyLong();

    /// <inheritdoc />
    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        // Kept alive: when it was collected, nothing would tick. The first tick also makes the pages known, before anybody asks for a list.
        _timer = this.RegisterGrainTimer(TendAsync, new GrainTimerCreationOptions(TimeSpan.Zero, options.ForgetPeriod) { KeepAlive = true });
        return Task.CompletedTask;
    }

    /// <inheritdoc />
    public Task Add(DirectoryEntry entry) =>
        StoreAsync(directory => directory with { Running = directory.Running.SetItem(entry.Id, entry) });

    /// <inheritdoc />
    public async Task End(DirectoryEntry entry)
    {
        if (!state.State.Running.ContainsKey(entry.Id))
        {
            return;
        }

        var ended = entry with { LogBytes = await logs.GetSizeAsync(entry.Id, CancellationToken.None) };
        await StoreAsync(directory => directory.Running.ContainsKey(ended.Id) ? directory.WithEnded(ended) : directory);
        TendSoon();
    }

    /// <inheritdoc />
    public async Task Update(DirectoryEntry entry)
    {
        if (entry.FinishedAt is null)
        {
            await StoreAsync(directory => directory.Running.TryGetValue(entry.Id, out var running) && running.Version <= entry.Version
                ? (directory with { Running = directory.Running.SetItem(entry.Id, entry) }).WithPin(entry, long.MaxValue)
                : directory);
            return;
        }

        await LoadAsync();
        if (await FindEndedAsync(entry.Id) is { } known && known.Entry.Version <= entry.Version)
        {
            var updated = entry with { LogBytes = known.Entry.LogBytes };
            if (known.Sequence < state.State.EndedStart)
            {
                await Page(known.Sequence / HistoryIndex.PageSize).Replace(known.Sequence, updated);
            }

            await StoreAsync(directory => directory.WithUpdated(updated, known.Sequence));
            TendSoon();
        }
    }

    /// <inheritdoc />
    public Task Drop(Guid buildId) => StoreAsync(directory => directory.Running.ContainsKey(buildId)
        ? directory with { Running = directory.Running.Remove(buildId) }
        : directory);

    /// <inheritdoc />
    public Task<ImmutableArray<DirectoryEntry>> ListRunning() => Task.FromResult(state.State.Running.Values.ToImmutableArray());

    /// <inheritdoc />
    public async Task<DirectoryFindings> Find(DirectoryQuery query)
    {
        await LoadAsync();

        // From here on at one instant: a build that ends is found either as a running or as an ended one, never as none.
        var directory = state.State;
        var newest = new NewestHits(query.Limit);
        foreach (var entry in directory.Running.Values.Where(entry => MayMatchRunning(query, entry)))
        {
            newest.Add(new DirectoryHit(entry.Position, IsRunning: true, long.MaxValue));
        }

        foreach (var (entry, sequence) in directory.Pinned.Values.Where(pinned => pinned.Sequence < long.MaxValue && Matches(query, pinned.Entry)))
        {
            newest.Add(new DirectoryHit(entry.Position, IsRunning: false, sequence));
        }

        for (var index = 0; index < directory.Ended.Count; index++)
        {
            var entry = directory.Ended[index];
            if (!directory.Pinned.ContainsKey(entry.Id) && Matches(query, entry))
            {
                newest.Add(new DirectoryHit(entry.Position, IsRunning: false, directory.EndedStart + index));
            }
        }

        _index.Find(query, directory.FirstKept, directory.EndedStart, directory.Pinned.ContainsKey, newest);
        return new DirectoryFindings(newest.ToImmutable(), UnknownPages().Sum(page => EndedIn(directory, page)));
    }

    /// <inheritdoc />
    public async Task<ImmutableArray<DirectoryEntry>> Read(ImmutableArray<DirectoryHit> hits)
    {
        var directory = state.State;
        var entries = ImmutableArray.CreateBuilder<DirectoryEntry>(hits.Length);
        var paged = new List<DirectoryHit>();
        foreach (var hit in hits)
        {
            if (directory.Pinned.TryGetValue(hit.Position.Id, out var pinned))
            {
                entries.Add(pinned.Entry);
            }
            else if (hit.Sequence < directory.EndedStart)
            {
                paged.Add(hit);
            }
            else if (hit.Sequence < directory.Next)
            {
                entries.Add(directory.Ended[(int)(hit.Sequence - directory.EndedStart)] with { Pinned = false });
            }
        }

        var pages = await Task.WhenAll(paged
            .GroupBy(hit => hit.Sequence / HistoryIndex.PageSize)
            .Select(page => ReadPageAsync(page.Key, [.. page.Select(hit => hit.Sequence)])));
        foreach (var page in pages)
        {
            entries.AddRange(page);
        }

        return entries.ToImmutable();
    }

    /// <inheritdoc />
    public async Task<PinOutcome> Pin(Guid buildId)
    {
        await LoadAsync();
        if (state.State.Pinned.ContainsKey(buildId))
        {
            return PinOutcome.Pinned;
        }

        var ended = await FindEndedAsync(buildId);
        var outcome = PinOutcome.Pinned;
        await StoreAsync(directory =>
        {
            // In this order: it may have come to its end, or have been forgotten, while it was looked for.
            var pinned = directory.Running.TryGetValue(buildId, out var running) ? new PinnedBuild(running, long.MaxValue) : ended;
            outcome = pinned is null || pinned.Sequence < directory.FirstKept || _forgetting.Contains(buildId) ? PinOutcome.NotFound
                : directory.Pinned.Count >= DirectoryShards.PinsPerShard ? PinOutcome.TooMany
                : PinOutcome.Pinned;
            return outcome == PinOutcome.Pinned ? directory.WithPin(pinned!.Entry with { Pinned = true }, pinned.Sequence) : directory;
        });
        return outcome;
    }

    /// <inheritdoc />
    public async Task Unpin(Guid buildId)
    {
        await StoreAsync(directory => directory.Pinned.TryGetValue(buildId, out var pinned)
            ? directory.WithUpdated(pinned.Entry with { Pinned = false }, pinned.Sequence)
            : directory);
        TendSoon();
    }

    /// <inheritdoc />
    public async Task TakeUp()
    {
        await Task.WhenAll(state.State.Running.Values.Select(TakeUpAsync));
        TendSoon();
    }

    /// <inheritdoc />
    public void Dispose() => _storing.Dispose();

    /// <summary>A running build may have any status but a final one; how it stands is not known here.</summary>
    private static bool MayMatchRunning(DirectoryQuery query, DirectoryEntry entry) =>
        query.Reasons.IsEmpty
        && (query.Statuses.IsEmpty || query.Statuses.Any(status => !BuildLifecycle.IsFinal(status)))
        && Matches(query with { Statuses = [] }, entry);

    private static bool Matches(DirectoryQuery query, DirectoryEntry entry) =>
        query.Matches(entry) && (query.Before is not { } before || entry.Position < before);

    private IBuildHistoryGrain Page(long number) => GrainFactory.GetGrain<IBuildHistoryGrain>((number * DirectoryShards.Count) + Shard);

    private void TendSoon() => _timer!.Change(TimeSpan.Zero, options.ForgetPeriod);

    private async Task TakeUpAsync(DirectoryEntry listed)
    {
        try
        {
            var entry = await AskAsync(listed);
            if (entry is null)
            {
                // Unless it was listed anew: then it is being started at this moment.
                await StoreAsync(directory => directory.Running.TryGetValue(listed.Id, out var running) && ReferenceEquals(running, listed)
                    ? directory with { Running = directory.Running.Remove(listed.Id) }
                    : directory);
            }
            else if (entry.FinishedAt is not null)
            {
                await End(entry);
            }
        }
        catch (Exception error)
        {
            // One build that cannot be read must not keep the others from going on.
            LogTakeUpFailed(logger, error, listed.Id);
        }
    }

    /// <summary>How a listed build stands. One whose state cannot be read is given up: nobody could end it otherwise.</summary>
    private async Task<DirectoryEntry?> AskAsync(DirectoryEntry listed)
    {
        var build = GrainFactory.GetGrain<IBuildGrain>(listed.Id);
        try
        {
            return await build.TakeUp();
        }
        catch (UnreadableStateException error)
        {
            var kept = await SetAsideAsync("build", build);
            LogBuildUnreadable(logger, error, listed.Id, kept);
            var message = $"the service could not read what it had stored of this build ({kept}) and has ended it; please ask for the build again";
            return await calls.RetryAfterSetAsideAsync(() => build.GiveUp(listed, message), CancellationToken.None);
        }
    }

    private async Task<string?> SetAsideAsync(string stateName, IAddressable grain)
    {
        Instruments.UnreadableStates.WithLabels(stateName).Inc();
        return await unreadable.SetAsideAsync(stateName, grain.GetGrainId());
    }

    /// <summary>What the timer does. Nothing of it is urgent, and what fails is done the next time.</summary>
    private async Task TendAsync(CancellationToken stopping)
    {
        try
        {
            await FillPagesAsync();
            await LoadAsync();
            await RestorePagesAsync(stopping);
            await ForgetAgainAsync();
            await ForgetOldAsync(stopping);
            await DropLogsAsync();
            await RemovePagesAsync();
        }
        catch (Exception error)
        {
            LogTendFailed(logger, error, Shard);
        }
    }

    /// <summary>Moves builds that ended from the state into pages, as soon as they make a page.</summary>
    private async Task FillPagesAsync()
    {
        var filled = true;
        while (filled)
        {
            await _storing.WaitAsync();
            try
            {
                filled = await FillPageAsync(state.State);
            }
            finally
            {
                _storing.Release();
            }
        }
    }

    private async Task<bool> FillPageAsync(DirectoryState directory)
    {
        var page = directory.EndedStart / HistoryIndex.PageSize;
        var next = (page + 1) * HistoryIndex.PageSize;
        var count = (int)(next - directory.EndedStart);
        if (directory.Ended.Count < count)
        {
            return false;
        }

        var entries = directory.Ended.Take(count).ToImmutableArray();
        await Page(page).Store(directory.EndedStart, entries);
        _index.Set(page, new HistoryPage(directory.EndedStart, [.. entries.Select(HistoryRow.Of)]));
        await WriteAsync(directory with { Ended = directory.Ended.RemoveRange(0, count), EndedStart = next });
        return true;
    }

    /// <summary>Makes the pages known that are not; one that cannot be read is left out, and tried again the next time.</summary>
    private Task LoadAsync()
    {
        if (_loading.IsCompleted && UnknownPages().Any())
        {
            _loading = LoadUnknownAsync();
        }

        return _loading;
    }

    private async Task LoadUnknownAsync()
    {
        foreach (var some in UnknownPages().ToList().Chunk(8))
        {
            await Task.WhenAll(some.Select(LoadPageAsync));
        }
    }

    private async Task LoadPageAsync(long number)
    {
        try
        {
            var page = await Page(number).Summarize();
            if (page.Start == 0 && page.Rows.IsEmpty)
            {
                throw new UnreadableStateException("nothing is stored of it", cause: null);
            }

            _index.Set(number, page);
        }
        catch (Exception error)
        {
            TellUnreadable(number, error);
        }
    }

    private IEnumerable<long> UnknownPages() => PagesOf(state.State).Where(page => !_index.Has(page));

    private static IEnumerable<long> PagesOf(DirectoryState directory)
    {
        for (var page = directory.FirstKept / HistoryIndex.PageSize; page < directory.EndedStart / HistoryIndex.PageSize; page++)
        {
            yield return page;
        }
    }

    private void TellUnreadable(long page, Exception error)
    {
        if (error is UnreadableStateException && _damaged.Add(page))
        {
            TendSoon();
        }

        LogPageUnreadable(logger, error, page, Shard);
    }

    private static int EndedIn(DirectoryState directory, long page)
    {
        var (start, end) = (Math.Max(page * HistoryIndex.PageSize, directory.FirstKept), (page + 1) * HistoryIndex.PageSize);
        return (int)(end - start) - directory.Pinned.Values.Count(pinned => pinned.Sequence >= start && pinned.Sequence < end);
    }

    private async Task<ImmutableArray<DirectoryEntry>> ReadPageAsync(long number, ImmutableArray<long> sequences)
    {
        try
        {
            var entries = await Page(number).Read(sequences);
            return [.. entries.Select(entry => entry with { Pinned = false })];
        }
        catch (Exception error)
        {
            // Until it can be read again, lists say that builds are missing.
            _index.Remove(number);
            TellUnreadable(number, error);
            return [];
        }
    }

    private async Task<PinnedBuild?> FindEndedAsync(Guid buildId)
    {
        var directory = state.State;
        if (directory.Pinned.TryGetValue(buildId, out var pinned))
        {
            return pinned;
        }

        foreach (var (sequence, row) in EndedFrom(directory, directory.FirstKept))
        {
            if (row.Id == buildId)
            {
                var found = await Read([new DirectoryHit(row.Position, IsRunning: false, sequence)]);
                return found.IsEmpty ? null : new PinnedBuild(found[0], sequence);
            }
        }

        return null;
    }

    /// <summary>The builds that ended, from a sequence on, up to a page that is not known.</summary>
    private IEnumerable<(long Sequence, HistoryRow Row)> EndedFrom(DirectoryState directory, long sequence)
    {
        for (var page = sequence / HistoryIndex.PageSize; page < directory.EndedStart / HistoryIndex.PageSize; page++)
        {
            if (!_index.Has(page))
            {
                yield break;
            }

            foreach (var ended in _index.Rows(page, sequence))
            {
                yield return ended;
            }
        }

        for (var next = Math.Max(sequence, directory.EndedStart); next < directory.Next; next++)
        {
            yield return (next, HistoryRow.Of(directory.Ended[(int)(next - directory.EndedStart)]));
        }
    }

    private async Task ForgetAgainAsync()
    {
        var unforgotten = state.State.Unforgotten;
        if (!unforgotten.IsEmpty)
        {
            var failed = await ForgetAllAsync(unforgotten);
            await StoreAsync(directory => directory with
            {
                Unforgotten = directory.Unforgotten.RemoveAll(id => unforgotten.Contains(id) && !failed.Contains(id)),
            });
        }
    }

    /// <summary>Forgets the oldest builds, as long as they ended before the retention began or are more than are to be kept.</summary>
    private async Task ForgetOldAsync(CancellationToken stopping)
    {
        while (state.State.Unforgotten.Count < MaxUnforgotten && !stopping.IsCancellationRequested)
        {
            var directory = state.State;
            var horizon = (clock.GetUtcNow() - options.Retention).UtcTicks;
            var surplus = directory.Next - directory.FirstKept - DirectoryShards.ShareOf(options.HistoryLimit);
            var old = EndedFrom(directory, directory.FirstKept)
                .TakeWhile(ended => ended.Row.Finished < horizon || ended.Sequence - directory.FirstKept < surplus)
                .Take(HistoryIndex.PageSize)
                .ToList();
            if (old.Count == 0)
            {
                return;
            }

            var failed = await ForgetAllAsync(old.Select(ended => ended.Row.Id).Where(id => !directory.Pinned.ContainsKey(id)));
            await StoreAsync(next => next.ForgetBefore(old[^1].Sequence + 1) with { Unforgotten = next.Unforgotten.AddRange(failed) });
        }
    }

    /// <summary>Forgets builds, and gives those that could not be forgotten.</summary>
    private async Task<HashSet<Guid>> ForgetAllAsync(IEnumerable<Guid> buildIds)
    {
        var ids = buildIds.ToList();
        _forgetting.UnionWith(ids);
        try
        {
            var forgotten = await Task.WhenAll(ids.Select(ForgetAsync));
            return [.. ids.Where((_, index) => !forgotten[index])];
        }
        finally
        {
            _forgetting.ExceptWith(ids);
        }
    }

    private async Task<bool> ForgetAsync(Guid buildId)
    {
        try
        {
            var kept = await AskToForgetAsync(GrainFactory.GetGrain<IBuildGrain>(buildId));
            if (kept is { Pinned: true })
            {
                // A build knows best whether it is pinned; this shard was never told.
                await StoreAsync(directory => directory.WithPin(kept, sequence: 0));
            }

            return kept is null or { Pinned: true };
        }
        catch (Exception error)
        {
            LogForgetFailed(logger, error, buildId);
            return false;
        }
    }

    private async Task<DirectoryEntry?> AskToForgetAsync(IBuildGrain build)
    {
        try
        {
            return await build.Forget();
        }
        catch (UnreadableStateException error)
        {
            // It does not know its image any more, which must not wait for it.
            var id = build.GetPrimaryKey();
            if (await FindEndedAsync(id) is { } known && !await GrainFactory.GetGrain<IImageGrain>(known.Entry.WorkspaceRef).Forget(id))
            {
                return known.Entry with { Pinned = false };
            }

            LogBuildUnreadable(logger, error, id, await SetAsideAsync("build", build));
            return await build.Forget();
        }
    }

    /// <summary>Drops the logs of the oldest builds as long as all logs are more than are to be kept.</summary>
    private async Task DropLogsAsync()
    {
        var directory = state.State;
        var withLog = EndedFrom(directory, Math.Max(directory.FirstWithLog, directory.FirstKept)).Where(ended => !directory.Pinned.ContainsKey(ended.Row.Id));
        var surplus = withLog.Sum(ended => (long)ended.Row.LogKib) - (DirectoryShards.ShareOf(options.LogsLimit) / 1024);
        var firstWithLog = directory.FirstWithLog;
        foreach (var (sequence, row) in withLog)
        {
            if (surplus <= 0)
            {
                break;
            }

            try
            {
                await logs.DropAsync(row.Id, CancellationToken.None);
            }
            catch (IOException error)
            {
                LogDropFailed(logger, error, row.Id);
                break;
            }

            surplus -= row.LogKib;
            firstWithLog = sequence + 1;
        }

        if (firstWithLog > directory.FirstWithLog)
        {
            await StoreAsync(next => next with { FirstWithLog = firstWithLog });
        }
    }

    /// <summary>Removes the pages all of whose builds are forgotten.</summary>
    private async Task RemovePagesAsync()
    {
        var directory = state.State;
        var firstPage = directory.FirstKept / HistoryIndex.PageSize;
        for (var page = directory.FirstPage; page < firstPage; page++)
        {
            _index.Remove(page);
            await Page(page).Remove();
        }

        if (firstPage > directory.FirstPage)
        {
            await StoreAsync(next => next with { FirstPage = firstPage });
        }
    }

    /// <summary>Stores what <paramref name="change"/> makes of the state, and takes it back when it cannot be stored.</summary>
    private async Task StoreAsync(Func<DirectoryState, DirectoryState> change)
    {
        await _storing.WaitAsync();
        try
        {
            var next = change(state.State);
            if (!ReferenceEquals(next, state.State))
            {
                await WriteAsync(next);
            }
        }
        finally
        {
            _storing.Release();
        }
    }

    private async Task WriteAsync(DirectoryState next)
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
            await ReadAgainAsync();
            throw;
        }
    }

    /// <summary>A write that failed may have been made; unless that is known, every later one is refused.</summary>
    private async Task ReadAgainAsync()
    {
        try
        {
            await state.ReadStateAsync();
        }
        catch (Exception error)
        {
            LogStoreUnreadable(logger, error, Shard);
        }
    }
}
