using ImageBuilder.Builds;
using ImageBuilder.Builds.Lifecycle;
using ImageBuilder.Grains.Builds;
using ImageBuilder.Grains.Directory;
using ImageBuilder.Grains.Messages;
using ImageBuilder.Grains.Tests.Hosting;
using Orleans.Runtime;

namespace ImageBuilder.Grains.Tests.Listing;

public sealed class BuildDirectoryGrainTests
{
    [Fact]
    public async Task ListRunning_SomeBuildsEnded_OnlyTheOthers()
    {
        await using var world = new GrainWorld();
        var host = await world.StartHostAsync();
        var builds = new List<IBuildGrain>();
        for (var index = 0; index < 20; index++)
        {
            builds.Add(await host.OrderAsync(GrainWorld.Order($"t{index}")));
        }

        (await host.ListRunningAsync()).Select(entry => entry.Id).ShouldBe(builds.Select(build => build.GetPrimaryKey()), ignoreOrder: true);
        for (var index = 0; index < 20; index++)
        {
            var attempt = await world.Launcher.NextAsync();
            if (int.Parse(attempt.Order.WorkspaceRef.Split(":t")[1]) % 2 == 0)
            {
                attempt.Fail(FailureReason.BuildStepFailed, "no");
                await attempt.Removed.WaitAsync(Patience.Limit);
            }
        }

        await Task.WhenAll(builds.Where((_, index) => index % 2 == 0).Select(build => build.EndAsync()));
        await Eventually.TrueAsync(async () => (await host.ListRunningAsync()).Count == 10);
        (await host.ListRunningAsync()).Select(entry => entry.Id)
            .ShouldBe(builds.Where((_, index) => index % 2 == 1).Select(build => build.GetPrimaryKey()), ignoreOrder: true);
    }

    [Fact]
    public async Task TakeUp_BuildEndedLongAgo_ForgottenWithLogAndState()
    {
        await using var world = new GrainWorld { Options = new BuildOptions { Retention = TimeSpan.FromHours(1) } };
        var host = await world.StartHostAsync();
        var build = await host.OrderAsync(GrainWorld.Order());
        var attempt = await world.Launcher.NextAsync();
        attempt.Write("words\n");
        attempt.Fail(FailureReason.BuildStepFailed, "no");
        await build.EndAsync();
        await Eventually.TrueAsync(async () => (await host.ListRunningAsync()).Count == 0);
        await host.TakeUpAsync();
        (await build.Watch(0, TimeSpan.Zero)).ShouldNotBeNull();

        world.Clock.Advance(TimeSpan.FromHours(1.1));
        await host.TakeUpAsync();

        await Eventually.TrueAsync(() => world.Storage.All<DirectoryState>("directory").All(directory => directory.Ended.IsEmpty));
        (await build.Watch(0, TimeSpan.Zero)).ShouldBeNull();
        (await build.ReadLog(0, 100, TimeSpan.Zero)).ShouldBeNull();
        (await host.Image(GrainWorld.Order().WorkspaceRef).GetLatestBuild()).ShouldBeNull();
        (await world.Logs.GetEndAsync(build.GetPrimaryKey(), CancellationToken.None)).ShouldBe(0);
        world.Storage.All<BuildState>("build").ShouldBeEmpty();
        world.Storage.All<DirectoryState>("directory").ShouldAllBe(directory => directory.Ended.IsEmpty && directory.Running.IsEmpty);
    }

    [Fact]
    public async Task End_OlderBuildsPastRetention_AreForgotten()
    {
        await using var world = new GrainWorld { Options = new BuildOptions { Retention = TimeSpan.FromHours(1) } };
        var host = await world.StartHostAsync();
        var shard = host.Grains.GetGrain<IBuildDirectoryGrain>(0);
        var (old, recent) = (Entry(world), Entry(world));
        await shard.Add(old);
        await shard.End(old with { Status = BuildStatus.Failed, FinishedAt = world.Clock.GetUtcNow() });
        world.Clock.Advance(TimeSpan.FromHours(2));
        await shard.Add(recent);

        await shard.End(recent with { Status = BuildStatus.Failed, FinishedAt = world.Clock.GetUtcNow() });

        await Eventually.TrueAsync(() => world.Storage.All<DirectoryState>("directory").Single().Ended.Count == 1);
        world.Storage.All<DirectoryState>("directory").Single().Ended.ShouldHaveSingleItem().Id.ShouldBe(recent.Id);
    }

    [Fact]
    public async Task End_OneOldBuildCannotBeForgotten_TheOthersAreAndItIsTriedAgain()
    {
        await using var world = new GrainWorld { Options = new BuildOptions { Retention = TimeSpan.FromHours(1) } };
        var host = await world.StartHostAsync();
        var shard = host.Grains.GetGrain<IBuildDirectoryGrain>(0);
        var (stuck, old, recent) = (Entry(world), Entry(world), Entry(world));
        foreach (var entry in new[] { stuck, old })
        {
            await shard.Add(entry);
            await shard.End(entry with { Status = BuildStatus.Failed, FinishedAt = world.Clock.GetUtcNow() });
        }

        world.Clock.Advance(TimeSpan.FromHours(2));
        await shard.Add(recent);
        world.Logs.BeforeDelete = id =>
        {
            if (id == stuck.Id)
            {
                throw new IOException("Input/output error");
            }
        };

        await shard.End(recent with { Status = BuildStatus.Failed, FinishedAt = world.Clock.GetUtcNow() });

        await Eventually.TrueAsync(() => !Stored().Unforgotten.IsEmpty);
        Stored().Unforgotten.ShouldBe([stuck.Id]);
        Stored().Ended.Select(entry => entry.Id).ShouldBe([recent.Id]);
        world.Logs.BeforeDelete = _ => { };
        await shard.TakeUp();
        await Eventually.TrueAsync(() => Stored().Unforgotten.IsEmpty);

        DirectoryState Stored() => world.Storage.All<DirectoryState>("directory").Single();
    }

    [Fact]
    public async Task Timer_BuildGoesPastRetentionAndNobodyCalls_IsForgotten()
    {
        await using var world = new GrainWorld
        {
            Options = new BuildOptions { Retention = TimeSpan.FromHours(1), ForgetPeriod = TimeSpan.FromMilliseconds(5) },
        };
        var forgotten = new TaskCompletionSource<Guid>(TaskCreationOptions.RunContinuationsAsynchronously);
        world.Logs.BeforeDelete = id => forgotten.TrySetResult(id);
        var host = await world.StartHostAsync();
        var shard = host.Grains.GetGrain<IBuildDirectoryGrain>(0);
        var old = Entry(world);
        await shard.Add(old);
        await shard.End(old with { Status = BuildStatus.Failed, FinishedAt = world.Clock.GetUtcNow() });

        world.Clock.Advance(TimeSpan.FromHours(2));

        (await forgotten.Task.WaitAsync(Patience.Limit)).ShouldBe(old.Id);
    }

    [Fact]
    public async Task End_UnknownOrAgain_ChangesNothing()
    {
        await using var world = new GrainWorld();
        var host = await world.StartHostAsync();
        var shard = host.Grains.GetGrain<IBuildDirectoryGrain>(0);
        var entry = Entry(world) with { FinishedAt = world.Clock.GetUtcNow() };

        await shard.End(entry);
        await shard.Add(entry);
        await shard.End(entry);
        await shard.End(entry);

        (await shard.ListRunning()).ShouldBeEmpty();
        world.Storage.All<DirectoryState>("directory").ShouldHaveSingleItem().Ended.Count.ShouldBe(1);
    }

    [Fact]
    public async Task TakeUp_ListedBuildThatWasNeverStored_IsDropped()
    {
        await using var world = new GrainWorld();
        var host = await world.StartHostAsync();
        await host.Grains.GetGrain<IBuildDirectoryGrain>(3).Add(Entry(world));
        (await host.ListRunningAsync()).Count.ShouldBe(1);

        await host.TakeUpAsync();

        (await host.ListRunningAsync()).ShouldBeEmpty();
        world.Launcher.Launches.ShouldBe(0);
    }

    [Fact]
    public async Task TakeUp_OneBuildCannotBeRead_TheOthersGoOn()
    {
        await using var world = new GrainWorld();
        var first = await world.StartHostAsync();
        var builds = new List<Guid>();
        for (var index = 0; index < 6; index++)
        {
            builds.Add((await first.OrderAsync(GrainWorld.Order($"t{index}"))).GetPrimaryKey());
            await world.Launcher.NextAsync();
        }

        await first.StopAsync();
        var failures = 1;
        world.Logs.BeforeGetEnd = () =>
        {
            if (Interlocked.Decrement(ref failures) >= 0)
            {
                throw new IOException("Input/output error");
            }
        };
        var second = await world.StartHostAsync();

        await second.TakeUpAsync();

        await Eventually.TrueAsync(() => Task.FromResult(world.Launcher.Reattached.Count >= 5));
        (await second.ListRunningAsync()).Count.ShouldBe(6);
    }

    [Fact]
    public async Task TakeUp_EndWasStoredButNotListed_ListIsSetRight()
    {
        await using var world = new GrainWorld();
        var first = await world.StartHostAsync();
        var build = await first.OrderAsync(GrainWorld.Order());
        var attempt = await world.Launcher.NextAsync();
        world.Storage.BeforeWrite = (name, _) => name == "directory" ? throw new IOException("disk full") : Task.CompletedTask;
        attempt.Fail(FailureReason.BuildStepFailed, "no");
        await build.EndAsync();
        await first.StopAsync();
        world.Storage.BeforeWrite = (_, _) => Task.CompletedTask;
        var second = await world.StartHostAsync();

        await second.TakeUpAsync();

        (await second.ListRunningAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task ReceiveReminder_EndWasStoredButNotListed_ListIsSetRight()
    {
        await using var world = new GrainWorld();
        var host = await world.StartHostAsync();
        var build = await host.OrderAsync(GrainWorld.Order());
        var attempt = await world.Launcher.NextAsync();
        world.Storage.BeforeWrite = (name, _) => name == "directory" ? throw new IOException("disk full") : Task.CompletedTask;
        attempt.Fail(FailureReason.BuildStepFailed, "no");
        await build.EndAsync();
        world.Storage.BeforeWrite = (_, _) => Task.CompletedTask;

        await build.AsReference<IRemindable>().ReceiveReminder("keep-running", default);

        (await host.ListRunningAsync()).ShouldBeEmpty();
    }

    private static DirectoryEntry Entry(GrainWorld world) =>
        new(Guid.NewGuid(), "registry.test/workspace:x", "registry.test/base:x", "owner", world.Clock.GetUtcNow(), BuildStatus.Queued, FinishedAt: null);
}
