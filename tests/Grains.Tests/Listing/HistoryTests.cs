using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.Json.Serialization;
using ImageBuilder.Builds;
using ImageBuilder.Builds.Lifecycle;
using ImageBuilder.Grains.Directory;
using ImageBuilder.Grains.Messages;
using ImageBuilder.Grains.Tests.Hosting;
using Orleans.Runtime;

namespace ImageBuilder.Grains.Tests.Listing;

public sealed class HistoryTests : IAsyncDisposable
{
    private static readonly JsonSerializerOptions s_json = new() { Converters = { new JsonStringEnumConverter() } };

    private readonly GrainWorld _world = new();
    private readonly Shard _shard;

    public HistoryTests() => _shard = new Shard(_world);

    public ValueTask DisposeAsync() => _world.DisposeAsync();

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(64)]
    [InlineData(1000)]
    public async Task Find_RunningAndEndedBuilds_AllOnceNewestFirst(int limit)
    {
        await _shard.StartAsync();
        var running = new List<DirectoryEntry>();
        var all = new List<Guid>();
        for (var round = 0; round < 5; round++)
        {
            running.Add(_shard.New());
            await _shard.Grain.Add(running[^1]);
            all.Add(running[^1].Id);
            all.AddRange((await _shard.FillAsync(30)).Select(entry => entry.Id));
        }

        var listed = await _shard.ListAsync(DirectoryQuery.Newest(limit));

        listed.ShouldBe(all.AsEnumerable().Reverse());
        (await _shard.Grain.Find(DirectoryQuery.Newest(1000))).Hits.Where(hit => hit.IsRunning).Select(hit => hit.Position.Id)
            .ShouldBe(running.Select(entry => entry.Id), ignoreOrder: true);
    }

    [Fact]
    public async Task Find_BuildsComeAndEndBetweenPages_ThoseBeforeAreListedOnceEach()
    {
        await _shard.StartAsync();
        var old = await _shard.FillAsync(100);
        var running = Enumerable.Range(0, 40).Select(_ => _shard.New()).ToList();
        foreach (var entry in running)
        {
            await _shard.Grain.Add(entry);
        }

        var listed = new List<Guid>();
        var query = DirectoryQuery.Newest(10);
        for (var next = 0; (await _shard.Grain.Find(query)).Hits is { IsEmpty: false } hits; next++)
        {
            listed.AddRange(hits.Select(hit => hit.Position.Id));
            query = query with { Before = hits[^1].Position };
            await _shard.FillAsync(9);
            await _shard.Grain.End(_shard.Ended(running[next]));
        }

        listed.ShouldBe(old.Concat(running).Select(entry => entry.Id).Reverse());
    }

    [Fact]
    public async Task Find_OneInstant_PagesWithoutGapOrRepeat()
    {
        await _shard.StartAsync();
        var first = _shard.New();
        for (var index = 0; index < 100; index++)
        {
            await _shard.AddEndedAsync(first with { Id = Guid.NewGuid() });
        }

        (await _shard.ListAsync(DirectoryQuery.Newest(9))).Distinct().Count().ShouldBe(100);
    }

    [Fact]
    public async Task Find_EachCondition_OnlyWhatMeetsIt()
    {
        await _shard.StartAsync();
        var entries = new List<DirectoryEntry>();
        for (var index = 0; index < 150; index++)
        {
            var status = (index % 3) switch { 0 => BuildStatus.Succeeded, 1 => BuildStatus.Failed, _ => BuildStatus.TimedOut };
            var reason = status == BuildStatus.TimedOut ? FailureReason.Timeout : FailureReason.Internal;
            entries.Add(await _shard.AddEndedAsync(_shard.New($"owner{index % 4}", $"r{index % 5}"), status, reason));
        }

        var running = _shard.New("owner1", "r1");
        await _shard.Grain.Add(running);
        var all = DirectoryQuery.Newest(1000);

        await ExpectAsync(all with { Owner = "owner2" }, entry => entry.Owner == "owner2");
        await ExpectAsync(all with { Ref = "registry.test/workspace:r3" }, entry => entry.WorkspaceRef.EndsWith(":r3", StringComparison.Ordinal));
        await ExpectAsync(all with { Ref = "registry.test/base:r3" }, entry => entry.BaseRef.EndsWith(":r3", StringComparison.Ordinal));
        await ExpectAsync(all with { Ref = "registry.test/base:" }, _ => false);
        await ExpectAsync(all with { Statuses = [BuildStatus.Succeeded, BuildStatus.TimedOut] }, entry => entry.Status is BuildStatus.Succeeded or BuildStatus.TimedOut);
        await ExpectAsync(all with { Reasons = [FailureReason.Internal] }, entry => entry.Reason == FailureReason.Internal);
        await ExpectAsync(all with { Reasons = [FailureReason.OutOfDisk] }, _ => false);
        await ExpectAsync(all with { CreatedFrom = entries[20].CreatedAt, CreatedBefore = entries[90].CreatedAt }, entry => entries.IndexOf(entry) is >= 20 and < 90);
        await ExpectAsync(
            all with { Owner = "owner3", Statuses = [BuildStatus.Failed], CreatedFrom = entries[50].CreatedAt, Limit = 2 },
            entry => entry.Owner == "owner3" && entry.Status == BuildStatus.Failed && entries.IndexOf(entry) >= 50);
        (await _shard.ListAsync(all with { Owner = "owner1", Statuses = [BuildStatus.Launching] })).ShouldBe([running.Id]);
        (await _shard.ListAsync(all with { Owner = "owner1" })).ShouldContain(running.Id);

        async Task ExpectAsync(DirectoryQuery query, Func<DirectoryEntry, bool> meets) =>
            (await _shard.ListAsync(query)).Where(id => id != running.Id).ShouldBe(entries.Where(meets).Select(entry => entry.Id).Reverse());
    }

    [Fact]
    public async Task Read_OfWhatWasFound_GivesTheBuildsAsTheyEnded()
    {
        await _shard.StartAsync();
        var entries = await _shard.FillAsync(150);

        var hits = (await _shard.Grain.Find(DirectoryQuery.Newest(1000))).Hits;

        (await _shard.Grain.Read(hits)).OrderBy(entry => entry.CreatedAt).ShouldBe(entries);
        (await _shard.Grain.Read([hits[140], hits[3]])).Select(entry => entry.Id).ShouldBe([hits[140].Position.Id, hits[3].Position.Id], ignoreOrder: true);
    }

    [Fact]
    public async Task Restart_ManyBuilds_ListedAsBefore()
    {
        var first = await _shard.StartAsync();
        await _shard.FillAsync(200);
        var listed = await _shard.ListAsync();
        await first.StopAsync();
        await _shard.StartAsync();

        (await _shard.ListAsync()).ShouldBe(listed);
        await Eventually.TrueAsync(() => _shard.Stored.Ended.Count < HistoryIndex.PageSize);
    }

    [Theory]
    [InlineData("history", 0)]
    [InlineData("directory", 0)]
    [InlineData("history", 1)]
    [InlineData("directory", 1)]
    [InlineData("directory", 2)]
    [InlineData("directory", 3)]
    public async Task End_CrashAtAnyWriteAroundAFullPage_NothingIsLostOrDoubled(string lost, int after)
    {
        var first = await _shard.StartAsync();
        var entries = await _shard.FillAsync(HistoryIndex.PageSize - 1);
        var left = after;
        _world.Storage.BeforeWrite = (name, _) => name == lost && left-- <= 0 ? throw new IOException("the process is gone") : Task.CompletedTask;
        for (var index = 0; index < 70; index++)
        {
            var entry = _shard.New();
            try
            {
                await _shard.Grain.Add(entry);
                entries.Add(entry);
                await _shard.Grain.End(_shard.Ended(entry));
            }
            catch (OrleansException)
            {
                // As a build is told, which tries again after the restart.
            }
        }

        await first.StopAsync();
        _world.Storage.BeforeWrite = (_, _) => Task.CompletedTask;
        await _shard.StartAsync();

        foreach (var entry in entries)
        {
            await _shard.Grain.End(_shard.Ended(entry));
        }

        (await _shard.Grain.ListRunning()).ShouldBeEmpty();
        await Eventually.TrueAsync(() => _shard.Stored.Ended.Count == entries.Count % HistoryIndex.PageSize);
        (await _shard.ListAsync()).ShouldBe(entries.Select(entry => entry.Id).Reverse());
    }

    [Fact]
    public async Task Retention_ByCount_TheOldestAreForgottenAndTheirPagesRemoved()
    {
        _world.Options = new BuildOptions { HistoryLimit = 100 * DirectoryShards.Count };
        var forgotten = new ConcurrentBag<Guid>();
        _world.Logs.BeforeDelete = forgotten.Add;
        await _shard.StartAsync();

        var entries = await _shard.FillAsync(500);

        await Eventually.TrueAsync(() => _shard.Stored.FirstKept == 400 && !_shard.StoredPages.Any(page => page.Start + page.Entries.Length <= 384));
        (await _shard.ListAsync()).ShouldBe(entries.Skip(400).Select(entry => entry.Id).Reverse());
        forgotten.Distinct().ShouldBe(entries.Take(400).Select(entry => entry.Id), ignoreOrder: true);
    }

    [Fact]
    public async Task Retention_ByTime_AllThatEndedBeforeAreForgottenAlsoAfterARestart()
    {
        _world.Options = new BuildOptions { Retention = TimeSpan.FromHours(1) };
        var first = await _shard.StartAsync();
        await _shard.FillAsync(300);
        await first.StopAsync();
        _world.Clock.Advance(TimeSpan.FromHours(2));
        await _shard.StartAsync();

        var recent = await _shard.FillAsync(3);

        await Eventually.TrueAsync(() => _shard.Stored.Ended.Count == 3 && !_shard.StoredPages.Any());
        (await _shard.ListAsync()).ShouldBe(recent.Select(entry => entry.Id).Reverse());
        await _shard.FillAsync(100);
        (await _shard.ListAsync()).Count.ShouldBe(103);
    }

    [Fact]
    public async Task Pin_BuildsPastRetention_AreKeptUntilLetGo()
    {
        _world.Options = new BuildOptions { Retention = TimeSpan.FromHours(1) };
        var forgotten = new ConcurrentBag<Guid>();
        _world.Logs.BeforeDelete = forgotten.Add;
        var first = await _shard.StartAsync();
        var entries = await _shard.FillAsync(150);
        var running = _shard.New();
        await _shard.Grain.Add(running);
        var pinned = new[] { entries[3], entries[70], entries[149], running };
        foreach (var entry in pinned)
        {
            (await _shard.Grain.Pin(entry.Id)).ShouldBe(PinOutcome.Pinned);
            (await _shard.Grain.Pin(entry.Id)).ShouldBe(PinOutcome.Pinned);
        }

        (await _shard.ListAsync()).Count.ShouldBe(151);
        await _shard.Grain.End(_shard.Ended(running));
        _world.Clock.Advance(TimeSpan.FromHours(2));
        await _shard.Grain.TakeUp();
        await Eventually.TrueAsync(() => _shard.Stored.FirstKept == 151 && !_shard.StoredPages.Any());

        var expected = pinned.Select(entry => entry.Id).Reverse();
        (await _shard.ListAsync()).ShouldBe(expected);
        await first.StopAsync();
        await _shard.StartAsync();
        (await _shard.ListAsync(DirectoryQuery.Newest(1))).ShouldBe(expected);
        (await _shard.Grain.Read((await _shard.Grain.Find(DirectoryQuery.Newest(9))).Hits)).ShouldAllBe(entry => entry.Pinned);
        forgotten.ShouldNotContain(entries[70].Id);

        await _shard.Grain.Unpin(entries[70].Id);

        (await _shard.ListAsync()).ShouldBe(expected.Where(id => id != entries[70].Id));
        await Eventually.TrueAsync(() => _shard.Stored.Unforgotten.IsEmpty);
        forgotten.ShouldContain(entries[70].Id);
    }

    [Fact]
    public async Task Pin_UnknownForgottenOrOneTooMany_Refused()
    {
        _world.Options = new BuildOptions { HistoryLimit = 100 * DirectoryShards.Count };
        await _shard.StartAsync();
        var entries = await _shard.FillAsync(200);
        await Eventually.TrueAsync(() => _shard.Stored.FirstKept == 100);

        (await _shard.Grain.Pin(Guid.NewGuid())).ShouldBe(PinOutcome.NotFound);
        (await _shard.Grain.Pin(entries[99].Id)).ShouldBe(PinOutcome.NotFound);
        foreach (var entry in entries.Skip(100).Take(DirectoryShards.PinsPerShard))
        {
            (await _shard.Grain.Pin(entry.Id)).ShouldBe(PinOutcome.Pinned);
        }

        (await _shard.Grain.Pin(entries[199].Id)).ShouldBe(PinOutcome.TooMany);
        await _shard.Grain.Unpin(entries[100].Id);
        (await _shard.Grain.Pin(entries[199].Id)).ShouldBe(PinOutcome.Pinned);
    }

    [Theory]
    [InlineData(10)]
    [InlineData(140)]
    public async Task Update_EndedBuildPinnedAndLetGo_ListedSo(int index)
    {
        await _shard.StartAsync();
        var entries = await _shard.FillAsync(150);

        await _shard.Grain.Update(entries[index] with { Pinned = true, Version = 5 });
        var pinned = await ReadAsync();
        await _shard.Grain.Update(entries[index] with { Pinned = false, Version = 6 });
        var free = await ReadAsync();

        (pinned.Pinned, pinned.Version).ShouldBe((true, 5));
        (free.Pinned, free.Version).ShouldBe((false, 6));
        (await _shard.ListAsync()).Count.ShouldBe(150);
        _shard.Stored.Pinned.ShouldBeEmpty();

        async Task<DirectoryEntry> ReadAsync() =>
            (await _shard.Grain.Read((await _shard.Grain.Find(DirectoryQuery.Newest(1000))).Hits)).Single(entry => entry.Id == entries[index].Id);
    }

    [Fact]
    public async Task Forget_BuildThatIsPinnedAndTheShardWasNotTold_IsKept()
    {
        _world.Options = new BuildOptions { Retention = TimeSpan.FromHours(1) };
        var host = await _shard.StartAsync();
        var build = await host.OrderAsync(GrainWorld.Order());
        (await _world.Launcher.NextAsync()).Fail(FailureReason.BuildStepFailed, "no");
        await build.EndAsync();
        await Eventually.TrueAsync(async () => (await host.ListRunningAsync()).Count == 0);
        _world.Storage.BeforeWrite = (name, _) => name == "directory" ? throw new IOException("disk full") : Task.CompletedTask;
        await Should.ThrowAsync<OrleansException>(() => build.SetPinned(true));
        _world.Storage.BeforeWrite = (_, _) => Task.CompletedTask;

        _world.Clock.Advance(TimeSpan.FromHours(2));
        await host.TakeUpAsync();

        await Eventually.TrueAsync(() => _world.Storage.All<DirectoryState>("directory").Any(directory => directory.Pinned.ContainsKey(build.GetPrimaryKey())));
        (await build.Watch(0, TimeSpan.Zero)).ShouldNotBeNull().Pinned.ShouldBeTrue();
    }

    [Fact]
    public async Task LogsLimit_AllLogsAreMore_ThoseOfTheOldestGoButForThePinned()
    {
        const int LogBytes = 10 * 1024;
        _world.Options = new BuildOptions { LogsLimit = 5 * LogBytes * DirectoryShards.Count };
        await _shard.StartAsync();
        var entries = new List<DirectoryEntry>();
        for (var index = 0; index < 100; index++)
        {
            var entry = _shard.New();
            await _shard.Grain.Add(entry);
            await (await _world.Logs.OpenAsync(entry.Id, default)).AppendAsync(new byte[LogBytes], mark: null, default);
            if (index == 50)
            {
                await _shard.Grain.Pin(entry.Id);
            }

            await _shard.Grain.End(_shard.Ended(entry));
            entries.Add(entry);
        }

        await Eventually.TrueAsync(() => _shard.Stored.FirstWithLog == 95);
        for (var index = 0; index < 100; index++)
        {
            (await _world.Logs.GetSizeAsync(entries[index].Id, CancellationToken.None)).ShouldBe(index == 50 || index >= 95 ? LogBytes : 0, $"{index}");
            (await _world.Logs.GetEndAsync(entries[index].Id, CancellationToken.None)).ShouldBe(LogBytes);
        }

        (await _shard.ListAsync()).Count.ShouldBe(100);
    }

    [Fact]
    public async Task Find_APageCannotBeRead_TheOthersAreListedAndRetentionWaitsForIt()
    {
        _world.Options = new BuildOptions { Retention = TimeSpan.FromHours(1) };
        var first = await _shard.StartAsync();
        var entries = await _shard.FillAsync(200);
        await Eventually.TrueAsync(() => _shard.StoredPages.Count() == 3);
        await first.StopAsync();
        var reads = 0;
        _world.Storage.BeforeRead = (name, _) => name == "history" && Interlocked.Increment(ref reads) == 1
            ? throw new InvalidDataException("the file is no JSON")
            : Task.CompletedTask;
        await _shard.StartAsync();

        // The first page is tried by one list or the other.
        await Eventually.TrueAsync(async () => (await _shard.ListAsync()).Count == 200);

        reads.ShouldBeGreaterThan(3);
        (await _shard.ListAsync()).ShouldBe(entries.Select(entry => entry.Id).Reverse());
    }

    [Fact]
    public async Task Activation_StateFromBeforeThereWerePages_IsCarriedOver()
    {
        var now = _world.Clock.GetUtcNow();
        var ended = Enumerable.Range(0, 1000).Select(index => $$"""
            {"Id":"{{Guid.NewGuid()}}","WorkspaceRef":"w:{{index}}","BaseRef":"b","Owner":"o","CreatedAt":"{{now.AddSeconds(index - 5000):O}}","Status":"Failed","FinishedAt":"{{now.AddSeconds(index - 4000):O}}"}
            """).ToList();
        var running = Guid.NewGuid();
        var old = JsonSerializer.Deserialize<DirectoryState>(
            $$"""
            {"Running":{"{{running}}":{"Id":"{{running}}","WorkspaceRef":"w","BaseRef":"b","Owner":"o","CreatedAt":"{{now:O}}","Status":"Queued","FinishedAt":null} },"Ended":[{{string.Join(",", ended)}}]}
            """,
            s_json)!;
        _world.Storage.Put("directory", (await _shard.StartAsync()).Grains.GetGrain<IBuildDirectoryGrain>(0).GetGrainId(), old);

        (await _shard.ListAsync()).ShouldBe([running, .. old.Ended.Select(entry => entry.Id).Reverse()]);
        await Eventually.TrueAsync(() => _shard.Stored.Ended.Count == 1000 % HistoryIndex.PageSize);
        _shard.StoredPages.Count().ShouldBe(1000 / HistoryIndex.PageSize);
        (await _shard.ListAsync()).Count.ShouldBe(1001);
    }
}
