using ImageBuilder.Builds.Lifecycle;
using ImageBuilder.Builds.Logs;
using ImageBuilder.Grains.Builds;
using ImageBuilder.Grains.Tests.Hosting;

namespace ImageBuilder.Grains.Tests.Builds;

public sealed class BuildFaultTests
{
    [Fact]
    public async Task LogStore_AppendFails_BuildFailsClearlyAndBuilderIsEnded()
    {
        await using var world = new GrainWorld();
        var host = await world.StartHostAsync();
        var build = await host.OrderAsync(GrainWorld.Order());
        var attempt = await world.Launcher.NextAsync();
        var follower = Task.Run(() => build.ReadLogToEndAsync());
        world.Logs.BeforeAppend = _ => throw new IOException("No space left on device");

        attempt.Write("words");

        var ended = await build.EndAsync();
        ended.Status.ShouldBe(BuildStatus.Failed);
        ended.Failure!.Reason.ShouldBe(FailureReason.Internal);
        ended.Failure.Message.ShouldContain("No space left on device");
        (await follower).ShouldBeEmpty();
        attempt.Cancels.ShouldBe(1);
        attempt.Removed.IsCompleted.ShouldBeTrue();
        world.Storage.All<BuildState>("build").ShouldHaveSingleItem().Status.ShouldBe(BuildStatus.Failed);
    }

    [Theory]
    [InlineData(28, "no space left")]
    [InlineData(30, "cannot be written to")]
    public async Task LogStore_DiskIsFullOrReadOnly_BuildEndsAsOutOfDiskAndOthersGoOn(int error, string message)
    {
        await using var world = new GrainWorld();
        var host = await world.StartHostAsync();
        var build = await host.OrderAsync(GrainWorld.Order());
        var attempt = await world.Launcher.NextAsync();
        attempt.Write("stored\n");
        await build.ReadLogUntilAsync(7);
        world.Logs.BeforeAppend = _ => throw new IOException("the disk", error);
        attempt.Write("not stored\n");

        var ended = await build.EndAsync();
        world.Logs.BeforeAppend = _ => Task.CompletedTask;
        var other = await host.OrderAsync(GrainWorld.Order("other"));
        var next = await world.Launcher.NextAsync();
        next.Write("goes on\n");
        next.Fail(FailureReason.BuildStepFailed, "no");

        ended.Failure!.Reason.ShouldBe(FailureReason.OutOfDisk);
        ended.Failure.Message.ShouldContain(message);
        (await build.ReadLogTextAsync()).ShouldBe("stored\n");
        (await other.ReadLogTextAsync()).ShouldBe("goes on\n");
    }

    [Fact]
    public async Task LogStore_WriterCanWriteNoMore_BuilderGoesOnAndSoDoesTheNextActivation()
    {
        await using var world = new GrainWorld();
        var host = await world.StartHostAsync();
        var build = await host.OrderAsync(GrainWorld.Order());
        var attempt = await world.Launcher.NextAsync();
        attempt.Write("one\n");
        await build.ReadLogUntilAsync(4);
        world.Logs.BeforeAppend = _ =>
        {
            world.Logs.BeforeAppend = _ => Task.CompletedTask;
            throw new LogUnavailableException("another writes");
        };

        var letGo = new TaskCompletionSource();
        attempt.OnLetGo = () => letGo.TrySetResult();
        attempt.Write("two\n");
        await letGo.Task.WaitAsync(Patience.Limit);
        (await build.ReadLogUntilAsync(8)).ShouldBe("one\ntwo\n");

        attempt.Cancels.ShouldBe(0);
        attempt.Removed.IsCompleted.ShouldBeFalse();
        world.Launcher.Reattached.ShouldHaveSingleItem();
        attempt.Fail(FailureReason.BuildStepFailed, "no");
        (await build.EndAsync()).Attempt.ShouldBe(1);
    }

    [Fact]
    public async Task LogStore_IsAway_ReadersAreToldToAskAgain()
    {
        await using var world = new GrainWorld();
        var host = await world.StartHostAsync();
        var build = await host.OrderAsync(GrainWorld.Order());

        // More than a build remembers beside its store.
        (await world.Launcher.NextAsync()).Write("one\n" + new string('.', RecentLog.Limit));
        await build.ReadLogUntilAsync(4 + RecentLog.Limit);

        world.Logs.BeforeRead = () => throw new LogUnavailableException("the database is away");
        GrainCalls.IsPassing(await Should.ThrowAsync<StoreUnavailableException>(() => build.ReadLog(0, 4, TimeSpan.Zero))).ShouldBeTrue();
        world.Logs.BeforeRead = () => { };

        (await build.ReadLog(0, 4, TimeSpan.Zero))!.Content.ShouldBe("one\n"u8.ToArray());
    }

    [Fact]
    public async Task StateStorage_IsAwayWhenTheBuilderStarts_BuilderGoesOnAndSoDoesTheNextActivation()
    {
        await using var world = new GrainWorld();
        var host = await world.StartHostAsync();
        var letGo = new TaskCompletionSource();
        world.Storage.BeforeWrite = (name, state) =>
        {
            if (name == "build" && ((BuildState)state!).Status == BuildStatus.Running)
            {
                world.Storage.BeforeWrite = (_, _) => Task.CompletedTask;
                letGo.SetResult();
                throw new StoreUnavailableException("the database is away");
            }

            return Task.CompletedTask;
        };
        var build = await host.OrderAsync(GrainWorld.Order());
        var attempt = await world.Launcher.NextAsync();
        await letGo.Task.WaitAsync(Patience.Limit);

        (await build.UntilAsync(BuildStatus.Running)).Attempt.ShouldBe(1);

        attempt.Cancels.ShouldBe(0);
        world.Launcher.Reattached.ShouldHaveSingleItem();
        attempt.Fail(FailureReason.BuildStepFailed, "no");
        (await build.EndAsync()).Failure!.Message.ShouldBe("build failed: no");
    }

    [Fact]
    public async Task LogStore_EndCannotBeRead_EndIsStoredAllTheSame()
    {
        await using var world = new GrainWorld();
        var host = await world.StartHostAsync();
        var build = await host.OrderAsync(GrainWorld.Order());
        var attempt = await world.Launcher.NextAsync();
        await build.UntilAsync(BuildStatus.Running);
        world.Logs.BeforeGetEnd = () => throw new IOException("Input/output error");

        attempt.Fail(FailureReason.BuildStepFailed, "build failed: no");

        var ended = await build.EndAsync();
        ended.Failure!.Message.ShouldBe("build failed: no");
        ended.Failure.LastLines.ShouldBeEmpty();
        world.Storage.All<BuildState>("build").ShouldHaveSingleItem().Status.ShouldBe(BuildStatus.Failed);
    }

    [Theory]
    [InlineData(BuildStatus.Launching)]
    [InlineData(BuildStatus.Running)]
    public async Task StateStorage_OneWriteFails_BuildFailsClearlyAndNoBuilderIsLeft(BuildStatus status)
    {
        await using var world = new GrainWorld();
        var host = await world.StartHostAsync();
        world.Storage.BeforeWrite = (name, state) => name == "build" && ((BuildState)state!).Status == status
            ? throw new IOException("disk full")
            : Task.CompletedTask;
        var build = await host.OrderAsync(GrainWorld.Order());

        var ended = await build.EndAsync();

        ended.Status.ShouldBe(BuildStatus.Failed);
        ended.Failure!.Message.ShouldContain("disk full");
        ended.Version.ShouldBe(status == BuildStatus.Launching ? 2 : 3);
        if (status == BuildStatus.Running)
        {
            var attempt = await world.Launcher.NextAsync();
            await attempt.Removed.WaitAsync(Patience.Limit);
            attempt.Completion.IsCompleted.ShouldBeTrue();
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task StateStorage_IsDownWhenTheBuilderIsDone_WhatHappenedIsToldOnceItIsStored(bool succeeds)
    {
        await using var world = new GrainWorld();
        var host = await world.StartHostAsync();
        var build = await host.OrderAsync(GrainWorld.Order());
        var attempt = await world.Launcher.NextAsync();
        var running = await build.UntilAsync(BuildStatus.Running);
        var refused = new SemaphoreSlim(0);
        world.Storage.BeforeWrite = (_, _) =>
        {
            refused.Release();
            throw new IOException("disk full");
        };
        world.Registry.Put("workspace:w");

        if (succeeds)
        {
            attempt.Succeed();
        }
        else
        {
            attempt.Fail(FailureReason.BuildStepFailed, "build failed: no");
        }

        for (var tries = 0; tries < 3; tries++)
        {
            (await refused.WaitAsync(Patience.Limit)).ShouldBeTrue();
            (await build.Watch(0, TimeSpan.Zero)).ShouldBe(running);
        }

        world.Storage.BeforeWrite = (_, _) => Task.CompletedTask;
        (await build.EndAsync()).Failure?.Message.ShouldBe(succeeds ? null : "build failed: no");
    }

    [Fact]
    public async Task StateStorage_WriteFailsAndWasMade_BuildGoesOn()
    {
        await using var world = new GrainWorld();
        var host = await world.StartHostAsync();
        world.Storage.AfterWrite = name =>
        {
            if (name == "build")
            {
                throw new IOException("the folder could not be flushed");
            }
        };
        world.Registry.Put("workspace:w");
        var build = await host.OrderAsync(GrainWorld.Order());
        (await world.Launcher.NextAsync()).Succeed();

        var ended = await build.EndAsync();

        ended.Status.ShouldBe(BuildStatus.Succeeded);
        ended.Version.ShouldBe(5);
        world.Launcher.Launches.ShouldBe(1);
    }

    [Fact]
    public async Task State_OfTheLastBuildCannotBeRead_ImageIsBuiltAnew()
    {
        await using var world = new GrainWorld();
        var first = await world.StartHostAsync();
        var order = GrainWorld.Order();
        var lost = await first.OrderAsync(order);
        await world.Launcher.NextAsync();
        var other = await first.OrderAsync(GrainWorld.Order("other"));
        await world.Launcher.NextAsync();
        await first.StopAsync();
        world.Storage.BeforeRead = (_, grain) => grain == lost.GetGrainId()
            ? throw new UnreadableStateException("the file is empty", null)
            : Task.CompletedTask;
        var second = await world.StartHostAsync();
        await second.TakeUpAsync();

        var ticket = await second.Image(order.WorkspaceRef).Build(order);

        ticket.BuildId.ShouldNotBe(lost.GetPrimaryKey());
        (await world.Launcher.NextAsync()).Id.BuildId.ShouldBe(ticket.BuildId);
        (await second.Build(other.GetPrimaryKey()).UntilAsync(BuildStatus.Running)).Attempt.ShouldBe(1);
        (await Should.ThrowAsync<UnreadableStateException>(() => second.Build(lost.GetPrimaryKey()).Watch(0, TimeSpan.Zero))).Message.ShouldContain("the file is empty");
        (await second.Image(order.WorkspaceRef).GetLatestBuild()).ShouldBe(ticket.BuildId);
    }

    [Fact]
    public async Task Start_StateCannotBeStored_NothingIsLaunchedAndTheBuildIsUnknown()
    {
        await using var world = new GrainWorld();
        var host = await world.StartHostAsync();
        world.Storage.BeforeWrite = (name, _) => name == "build" ? throw new IOException("disk full") : Task.CompletedTask;
        var build = host.Build(Guid.NewGuid());

        (await Should.ThrowAsync<Exception>(() => build.Start(GrainWorld.Order()))).Message.ShouldContain("disk full");

        (await build.Watch(0, TimeSpan.Zero)).ShouldBeNull();
        (await build.TakeUp()).ShouldBeNull();
        (await host.ListRunningAsync()).ShouldBeEmpty();
        world.Launcher.Launches.ShouldBe(0);
    }
}
