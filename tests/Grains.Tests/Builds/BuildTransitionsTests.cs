using ImageBuilder.Builds.Lifecycle;
using ImageBuilder.Grains.Messages;
using ImageBuilder.Grains.Tests.Hosting;

namespace ImageBuilder.Grains.Tests.Builds;

public sealed class BuildTransitionsTests
{
    [Fact]
    public async Task Transitions_OfABuildWithTwoAttempts_AreAllThereInOrder()
    {
        await using var world = new GrainWorld();
        var host = await world.StartHostAsync();
        var build = await host.OrderAsync(GrainWorld.Order());
        (await world.Launcher.NextAsync()).Fail(FailureReason.BuilderLost, "lost");
        world.Registry.Put("workspace:w");
        (await world.Launcher.NextAsync()).Succeed();
        var ended = await build.EndAsync();

        var told = (await build.Transitions(0, TimeSpan.Zero))!.Value;

        told.Select(snapshot => (snapshot.Version, snapshot.Status, snapshot.Attempt)).ShouldBe(
        [
            (1, BuildStatus.Queued, 0),
            (2, BuildStatus.Launching, 1),
            (3, BuildStatus.Running, 1),
            (4, BuildStatus.Queued, 1),
            (5, BuildStatus.Launching, 2),
            (6, BuildStatus.Running, 2),
            (7, BuildStatus.Verifying, 2),
            (8, BuildStatus.Succeeded, 2),
        ]);
        told[^1].ShouldBe(ended);
        told[0].StartedAt.ShouldBeNull();
        told.Skip(1).ShouldAllBe(snapshot => snapshot.StartedAt == told[1].UpdatedAt);
        told.SkipLast(1).ShouldAllBe(snapshot => snapshot.FinishedAt == null && snapshot.Digest == null);
        (await build.Transitions(6, TimeSpan.Zero))!.Value.Select(snapshot => snapshot.Version).ShouldBe([7, 8]);
        (await build.Transitions(8, TimeSpan.Zero))!.Value.ShouldBeEmpty();
    }

    [Fact]
    public async Task Transitions_AfterARestart_AreTheSame()
    {
        await using var world = new GrainWorld();
        var first = await world.StartHostAsync();
        var build = await first.OrderAsync(GrainWorld.Order());
        (await world.Launcher.NextAsync()).Fail(FailureReason.OutOfDisk, "no room");
        await build.EndAsync();
        var told = (await build.Transitions(0, TimeSpan.Zero))!.Value;
        await first.StopAsync();

        var second = await world.StartHostAsync();

        (await second.Build(build.GetPrimaryKey()).Transitions(0, TimeSpan.Zero))!.Value.ShouldBe(told);
    }

    [Fact]
    public async Task Transitions_NothingNew_WaitsForTheNext()
    {
        await using var world = new GrainWorld();
        var host = await world.StartHostAsync();
        var build = await host.OrderAsync(GrainWorld.Order());
        var attempt = await world.Launcher.NextAsync();
        var running = await build.UntilAsync(BuildStatus.Running);

        var next = build.Transitions(running.Version, TimeSpan.FromSeconds(20));
        attempt.Fail(FailureReason.OutOfDisk, "no room");

        (await next)!.Value.ShouldHaveSingleItem().Status.ShouldBe(BuildStatus.Failed);
    }

    [Fact]
    public async Task Transitions_NoSuchBuild_IsNull()
    {
        await using var world = new GrainWorld();
        var host = await world.StartHostAsync();

        (await host.Build(Guid.NewGuid()).Transitions(0, TimeSpan.FromSeconds(20))).ShouldBeNull();
    }

    [Fact]
    public async Task SetPinned_RunningAndEnded_IsAVersionOfItsOwnAndListed()
    {
        await using var world = new GrainWorld();
        var host = await world.StartHostAsync();
        var build = await host.OrderAsync(GrainWorld.Order());
        var attempt = await world.Launcher.NextAsync();
        var running = await build.UntilAsync(BuildStatus.Running);

        var pinned = await build.SetPinned(true);

        pinned!.Pinned.ShouldBeTrue();
        pinned.Version.ShouldBe(running.Version + 1);
        (await host.ListRunningAsync()).ShouldHaveSingleItem().Pinned.ShouldBeTrue();
        (await build.SetPinned(true)).ShouldBe(pinned);
        attempt.Fail(FailureReason.OutOfDisk, "no room");
        var ended = await build.EndAsync();
        (await build.SetPinned(false)).ShouldBe(ended with { Version = ended.Version + 1, Pinned = false, UpdatedAt = (await build.Watch(0, TimeSpan.Zero))!.UpdatedAt });
        (await host.Build(Guid.NewGuid()).SetPinned(true)).ShouldBeNull();
    }

    [Fact]
    public async Task Forget_PinnedOrRunningBuild_IsKept()
    {
        await using var world = new GrainWorld();
        var host = await world.StartHostAsync();
        var order = GrainWorld.Order();
        var build = await host.OrderAsync(order);
        var attempt = await world.Launcher.NextAsync();
        (await build.Forget())!.Status.ShouldNotBe(BuildStatus.Failed);
        attempt.Write("words\n");
        attempt.Fail(FailureReason.OutOfDisk, "no room");
        await build.EndAsync();
        await build.SetPinned(true);

        (await build.Forget())!.Pinned.ShouldBeTrue();

        (await build.ReadLogTextAsync()).ShouldBe("words\n");
        await build.SetPinned(false);
        (await build.Forget()).ShouldBeNull();
        (await build.Watch(0, TimeSpan.Zero)).ShouldBeNull();
        (await world.Logs.GetEndAsync(build.GetPrimaryKey(), CancellationToken.None)).ShouldBe(0);
        world.Storage.All<ImageBuilder.Grains.Images.ImageState>("image").ShouldBeEmpty();
        (await host.Image(order.WorkspaceRef).Build(order)).BuildId.ShouldNotBe(build.GetPrimaryKey());
    }

    [Fact]
    public async Task Snapshot_OfAnOrder_SaysWhatItAskedFor()
    {
        await using var world = new GrainWorld();
        var host = await world.StartHostAsync();

        var build = await host.OrderAsync(GrainWorld.Order() with
        {
            Priority = ImageBuilder.Builds.BuildPriority.Background,
            Deadline = TimeSpan.FromMinutes(5),
        });

        var snapshot = (await build.Watch(0, TimeSpan.Zero))!;
        snapshot.Priority.ShouldBe(ImageBuilder.Builds.BuildPriority.Background);
        snapshot.Deadline.ShouldBe(snapshot.CreatedAt.AddMinutes(5));
        var entry = (await host.ListRunningAsync()).ShouldHaveSingleItem();
        entry.Priority.ShouldBe(snapshot.Priority);
        entry.Deadline.ShouldBe(snapshot.Deadline);
    }
}
