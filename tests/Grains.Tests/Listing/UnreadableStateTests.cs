using ImageBuilder.Builds;
using ImageBuilder.Builds.Lifecycle;
using ImageBuilder.Grains.Messages;
using ImageBuilder.Grains.Tests.Hosting;
using Orleans.Runtime;

namespace ImageBuilder.Grains.Tests.Listing;

/// <summary>What a service makes of states that were damaged while it was down.</summary>
public sealed class UnreadableStateTests
{
    [Fact]
    public async Task TakeUp_StateOfARunningBuild_BuildIsFailedItsBuilderEndedAndOthersGoOn()
    {
        await using var world = new GrainWorld();
        var first = await world.StartHostAsync();
        var lost = await first.OrderAsync(GrainWorld.Order("lost"));
        var orphan = await world.Launcher.NextAsync();
        orphan.Write("words\n");
        await lost.UntilAsync(BuildStatus.Running);
        var other = await first.OrderAsync(GrainWorld.Order("other"));
        var attempt = await world.Launcher.NextAsync();
        await Eventually.TrueAsync(async () => (await lost.ReadLog(0, 100, TimeSpan.Zero))!.Content.Length > 0);
        await first.StopAsync();
        world.Storage.Unreadable[("build", lost.GetGrainId())] = true;

        var second = await world.StartHostAsync();
        await second.TakeUpAsync();

        (await second.ListRunningAsync()).ShouldHaveSingleItem().Id.ShouldBe(other.GetPrimaryKey());
        var told = (await second.Build(lost.GetPrimaryKey()).Watch(afterVersion: 5, TimeSpan.Zero))!;
        (told.Status, told.Failure!.Reason, told.WorkspaceRef, told.Version > 5).ShouldBe((BuildStatus.Failed, FailureReason.Internal, GrainWorld.Order("lost").WorkspaceRef, true));
        told.Failure.Message.ShouldContain(".kept");
        (await second.Build(lost.GetPrimaryKey()).ReadLogTextAsync()).ShouldBe("words\n");
        orphan.Cancels.ShouldBe(1);
        await orphan.Removed;
        var listed = await ListAsync(second, DirectoryShards.NumberOf(lost.GetPrimaryKey()));
        listed.ShouldContain(entry => entry.Id == lost.GetPrimaryKey() && entry.Status == BuildStatus.Failed && entry.Message == told.Failure.Message);
        attempt.Fail(FailureReason.BuildStepFailed, "no");
        (await second.Build(other.GetPrimaryKey()).EndAsync()).Failure!.Message.ShouldContain("no");
    }

    [Fact]
    public async Task TakeUp_StatesOfTheWholeDirectoryAndTheQueue_BuildsAreFoundAgain()
    {
        await using var world = new GrainWorld();
        var first = await world.StartHostAsync();
        var ended = await first.OrderAsync(GrainWorld.Order("ended"));
        (await world.Launcher.NextAsync()).Fail(FailureReason.BuildStepFailed, "no");
        await ended.EndAsync();
        var running = await first.OrderAsync(GrainWorld.Order("running"));
        var attempt = await world.Launcher.NextAsync();
        await running.UntilAsync(BuildStatus.Running);
        foreach (var shard in DirectoryShards.All(first.Grains))
        {
            world.Storage.Unreadable[("directory", shard.GetGrainId())] = true;
        }

        world.Storage.Unreadable[("queue", first.Queue().GetGrainId())] = true;
        await first.StopAsync();
        var second = await world.StartHostAsync();
        await second.TakeUpAsync();

        (await second.ListRunningAsync()).ShouldHaveSingleItem().Id.ShouldBe(running.GetPrimaryKey());
        var listed = await Task.WhenAll(Enumerable.Range(0, DirectoryShards.Count).Select(shard => ListAsync(second, shard)));
        listed.SelectMany(entries => entries).ShouldHaveSingleItem().Id.ShouldBe(ended.GetPrimaryKey());
        world.Storage.SetAside.Count(kept => kept.Name is "directory" or "queue").ShouldBe(DirectoryShards.Count + 1);
        await Eventually.TrueAsync(async () => (await second.Queue().Get()).Running.Any(build => build.BuildId == running.GetPrimaryKey()));
        attempt.Fail(FailureReason.BuildStepFailed, "no");
        await second.Build(running.GetPrimaryKey()).EndAsync();
        world.Launcher.Launches.ShouldBe(2);
    }

    [Fact]
    public async Task TakeUp_StateOfAShardWithPages_PagesAreListedAgainAndNotWrittenOver()
    {
        await using var world = new GrainWorld();
        var shard = new Shard(world);
        var first = await shard.StartAsync();
        var entries = await shard.FillAsync(150);
        await Eventually.TrueAsync(() => shard.StoredPages.Count() == 2);
        await first.StopAsync();
        world.Storage.Unreadable[("directory", shard.Grain.GetGrainId())] = true;

        var second = await shard.StartAsync();
        await second.TakeUpAsync();

        // The others have no state of their own here.
        var paged = entries.Take(128).Select(entry => entry.Id).Reverse().ToList();
        (await shard.ListAsync()).ShouldBe(paged);
        var later = await shard.FillAsync(70);
        await Eventually.TrueAsync(() => shard.StoredPages.Count() == 3);
        (await shard.ListAsync()).ShouldBe([.. later.Select(entry => entry.Id).Reverse(), .. paged]);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Tend_PagesOfTheHistoryAreDamagedOrGone_AreMadeAnewFromTheBuilds(bool damaged)
    {
        await using var world = new GrainWorld();
        var shard = new Shard(world);
        var first = await shard.StartAsync();
        var builds = await shard.FillWithRealAsync(first, 200);
        await Eventually.TrueAsync(() => shard.StoredPages.Count() == 3);
        (await shard.Grain.Pin(builds[70].Id)).ShouldBe(PinOutcome.Pinned);
        var pages = shard.StoredPages.OrderBy(page => page.Start).ToList();
        var lost = new[] { 1, 2 }.Select(page => first.Grains.GetGrain<IBuildHistoryGrain>(page * DirectoryShards.Count).GetGrainId()).ToList();
        await first.StopAsync();
        foreach (var page in lost)
        {
            world.Storage.Unreadable[("history", page)] = damaged;
            if (!damaged)
            {
                await world.Storage.SetAsideAsync("history", page);
            }
        }

        await shard.StartAsync();

        await Eventually.TrueAsync(async () => (await shard.Grain.Find(DirectoryQuery.Newest(1))).Unreadable == 0);
        (await shard.ListAsync()).ShouldBe(builds.Select(build => build.Id).Reverse());
        world.Storage.SetAside.Count(kept => lost.Contains(kept.Grain)).ShouldBe(damaged ? 2 : 4);
        shard.StoredPages.OrderBy(page => page.Start).Select(page => (page.Start, string.Join(' ', page.Entries.Select(entry => entry.Id))))
            .ShouldBe(pages.Select(page => (page.Start, string.Join(' ', page.Entries.Select(entry => entry.Id)))));
        shard.Stored.Pinned[builds[70].Id].Sequence.ShouldBe(70);
    }

    [Fact]
    public async Task Tend_PageIsFoundDamagedWhileAnotherIsMadeAnew_KeepsItsBuilds()
    {
        await using var world = new GrainWorld();
        var shard = new Shard(world);
        var first = await shard.StartAsync();
        var builds = await shard.FillWithRealAsync(first, 200);
        await Eventually.TrueAsync(() => shard.StoredPages.Count() == 3);
        var pages = new[] { 1, 2 }.Select(page => first.Grains.GetGrain<IBuildHistoryGrain>(page * DirectoryShards.Count).GetGrainId()).ToList();
        await first.StopAsync();
        world.Storage.Unreadable[("history", pages[0])] = true;
        var looking = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var found = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        world.Storage.BeforeRead = (name, _) =>
        {
            if (name != "build")
            {
                return Task.CompletedTask;
            }

            looking.TrySetResult();
            return found.Task;
        };
        await shard.StartAsync();
        var hit = (await shard.Grain.Find(DirectoryQuery.Newest(1000))).Hits.Single(hit => hit.Position.Id == builds[150].Id);
        await looking.Task.WaitAsync(Patience.Limit);

        world.Storage.Unreadable[("history", pages[1])] = true;
        await Eventually.TrueAsync(async () => (await shard.Grain.Read([hit])).IsEmpty);
        found.SetResult();

        await Eventually.TrueAsync(async () => (await shard.Grain.Find(DirectoryQuery.Newest(1))).Unreadable == 0);
        (await shard.ListAsync()).ShouldBe(builds.Select(build => build.Id).Reverse());
    }

    [Fact]
    public async Task Tend_PageIsBeingReadWhenItIsSetAside_IsMadeAnewAllTheSame()
    {
        await using var world = new GrainWorld();
        var shard = new Shard(world);
        var first = await shard.StartAsync();
        var builds = await shard.FillWithRealAsync(first, 100);
        await Eventually.TrueAsync(() => shard.StoredPages.Count() == 1);
        var page = first.Grains.GetGrain<IBuildHistoryGrain>(0).GetGrainId();
        await first.StopAsync();
        world.Storage.Unreadable[("history", page)] = true;
        var looking = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var found = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var reading = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var read = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        world.Storage.BeforeRead = async (name, _) =>
        {
            if (name == "build")
            {
                looking.TrySetResult();
                await found.Task;
            }
            else if (name == "history" && looking.Task.IsCompleted && world.Storage.SetAside.IsEmpty)
            {
                reading.TrySetResult();
                await read.Task;
                throw new UnreadableStateException("the file was empty", cause: null);
            }
        };
        await shard.StartAsync();
        await shard.Grain.ListRunning();
        await looking.Task.WaitAsync(Patience.Limit);

        var find = shard.Grain.Find(DirectoryQuery.Newest(1));
        await reading.Task.WaitAsync(Patience.Limit);
        found.SetResult();
        await Eventually.TrueAsync(() => !world.Storage.SetAside.IsEmpty);
        read.SetResult();

        await find;
        await Eventually.TrueAsync(async () => (await shard.Grain.Find(DirectoryQuery.Newest(1))).Unreadable == 0);
        (await shard.ListAsync()).ShouldBe(builds.Select(build => build.Id).Reverse());
        world.Storage.SetAside.Count.ShouldBe(1);
    }

    [Fact]
    public async Task Find_PageCannotBeReadAtTheMoment_SaysHowManyAreMissing()
    {
        await using var world = new GrainWorld();
        var shard = new Shard(world);
        var first = await shard.StartAsync();
        var entries = await shard.FillAsync(150);
        await Eventually.TrueAsync(() => shard.StoredPages.Count() == 2);
        var page = first.Grains.GetGrain<IBuildHistoryGrain>(DirectoryShards.Count).GetGrainId();
        await first.StopAsync();
        world.Storage.BeforeRead = (_, grain) => grain == page ? throw new IOException("the disk does not answer") : Task.CompletedTask;
        await shard.StartAsync();

        var found = await shard.Grain.Find(DirectoryQuery.Newest(1000));
        world.Storage.BeforeRead = (_, _) => Task.CompletedTask;

        (found.Hits.Length, found.Unreadable).ShouldBe((150 - 64, 64));
        (await shard.ListAsync()).ShouldBe(entries.Select(entry => entry.Id).Reverse());
        (await shard.Grain.Find(DirectoryQuery.Newest(1))).Unreadable.ShouldBe(0);
        world.Storage.SetAside.ShouldBeEmpty();
    }

    [Fact]
    public async Task Retention_StateOfAnEndedBuild_IsForgottenWithItsImageAndKeptAside()
    {
        await using var world = new GrainWorld { Options = new BuildOptions { Retention = TimeSpan.FromHours(1) } };
        var first = await world.StartHostAsync();
        var order = GrainWorld.Order();
        var build = await first.OrderAsync(order);
        (await world.Launcher.NextAsync()).Fail(FailureReason.BuildStepFailed, "no");
        await build.EndAsync();
        await Eventually.TrueAsync(async () => (await first.ListRunningAsync()).Count == 0);
        await first.StopAsync();
        world.Storage.Unreadable[("build", build.GetGrainId())] = true;

        world.Clock.Advance(TimeSpan.FromHours(2));
        var second = await world.StartHostAsync();
        await second.TakeUpAsync();

        await Eventually.TrueAsync(() => world.Storage.SetAside.Contains(("build", build.GetGrainId())));
        await Eventually.TrueAsync(async () => (await ListAsync(second, DirectoryShards.NumberOf(build.GetPrimaryKey()))).Count == 0);
        (await second.Image(order.WorkspaceRef).Build(order)).BuildId.ShouldNotBe(build.GetPrimaryKey());
    }

    [Fact]
    public async Task Add_EarlierWriteFailedAndWasMadeAllTheSame_IsStored()
    {
        await using var world = new GrainWorld();
        var shard = new Shard(world);
        await shard.StartAsync();
        var (first, second) = (shard.New(), shard.New());
        world.Storage.AfterWrite = _ =>
        {
            world.Storage.AfterWrite = _ => { };
            throw new IOException("the folder could not be flushed");
        };

        (await Should.ThrowAsync<Exception>(() => shard.Grain.Add(first))).Message.ShouldContain("flushed");
        await shard.Grain.Add(second);

        shard.Stored.Running.Keys.ShouldBe([first.Id, second.Id], ignoreOrder: true);
    }

    private static async Task<List<DirectoryEntry>> ListAsync(GrainHost host, int number)
    {
        var shard = host.Grains.GetGrain<IBuildDirectoryGrain>(number);
        var hits = (await shard.Find(DirectoryQuery.Newest(100))).Hits;
        return [.. await shard.Read([.. hits.Where(hit => !hit.IsRunning)])];
    }
}
