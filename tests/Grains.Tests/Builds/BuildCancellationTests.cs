using ImageBuilder.Builds;
using ImageBuilder.Builds.Lifecycle;
using ImageBuilder.Grains.Tests.Hosting;

namespace ImageBuilder.Grains.Tests.Builds;

public sealed class BuildCancellationTests
{
    [Fact]
    public async Task Cancel_WhileRunning_EndsBuilderAndBuild()
    {
        await using var world = new GrainWorld();
        var host = await world.StartHostAsync();
        var build = await host.OrderAsync(GrainWorld.Order());
        var attempt = await world.Launcher.NextAsync();
        await build.UntilAsync(BuildStatus.Running);
        attempt.Write("before the end\n");

        await build.Cancel("anna");

        var ended = await build.EndAsync();
        ended.Status.ShouldBe(BuildStatus.Cancelled);
        ended.Failure!.Reason.ShouldBe(FailureReason.Cancelled);
        ended.Failure.Message.ShouldBe("build cancelled by anna");
        attempt.Cancels.ShouldBe(1);
        attempt.Removed.IsCompleted.ShouldBeTrue();
        (await build.ReadLogTextAsync()).ShouldBe("before the end\n");
        (await host.ListRunningAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task Cancel_WhileLaunching_StopsTheLaunch()
    {
        await using var world = new GrainWorld();
        var host = await world.StartHostAsync();
        var launching = new TaskCompletionSource();
        world.Launcher.BeforeLaunch = async (_, cancellationToken) =>
        {
            launching.SetResult();
            await Task.Delay(Timeout.Infinite, cancellationToken);
        };
        var build = await host.OrderAsync(GrainWorld.Order());
        await launching.Task.WaitAsync(Patience.Limit);

        await build.Cancel("anna");

        (await build.EndAsync()).Status.ShouldBe(BuildStatus.Cancelled);
        world.Launcher.Launches.ShouldBe(1);
    }

    [Fact]
    public async Task Cancel_WhileLaunchingAndTheLauncherFinishesAnyway_EndsTheBuilderToo()
    {
        await using var world = new GrainWorld();
        var host = await world.StartHostAsync();
        var launching = new TaskCompletionSource();
        var mayLaunch = new TaskCompletionSource();
        world.Launcher.BeforeLaunch = async (_, _) =>
        {
            launching.SetResult();
            await mayLaunch.Task;
        };
        var build = await host.OrderAsync(GrainWorld.Order());
        await launching.Task.WaitAsync(Patience.Limit);

        await build.Cancel("anna");
        mayLaunch.SetResult();

        (await build.EndAsync()).Status.ShouldBe(BuildStatus.Cancelled);
        var attempt = await world.Launcher.NextAsync();
        attempt.Cancels.ShouldBe(1);
        attempt.Removed.IsCompleted.ShouldBeTrue();
    }

    [Fact]
    public async Task Cancel_WhileQueued_LaunchesNothing()
    {
        await using var world = new GrainWorld();
        var host = await world.StartHostAsync();
        var mayStore = new TaskCompletionSource();
        var storing = new TaskCompletionSource();
        world.Storage.BeforeWrite = async (name, state) =>
        {
            if (name == "build" && ((ImageBuilder.Grains.Builds.BuildState)state!).Status == BuildStatus.Launching)
            {
                storing.TrySetResult();
                await mayStore.Task;
            }
        };
        world.Launcher.BeforeLaunch = (_, cancellationToken) =>
        {
            cancellationToken.ThrowIfCancellationRequested();
            return Task.CompletedTask;
        };
        var build = await host.OrderAsync(GrainWorld.Order());
        await storing.Task.WaitAsync(Patience.Limit);

        var cancelling = build.Cancel("anna");
        mayStore.SetResult();

        (await cancelling)!.CancelRequested.ShouldBeTrue();
        (await build.EndAsync()).Status.ShouldBe(BuildStatus.Cancelled);
        world.Launcher.Launches.ShouldBeLessThanOrEqualTo(1);
    }

    [Fact]
    public async Task Cancel_WhileVerifying_TheImageThatIsThereCounts()
    {
        await using var world = new GrainWorld();
        var host = await world.StartHostAsync();
        var build = await host.OrderAsync(GrainWorld.Order());
        var attempt = await world.Launcher.NextAsync();
        var mayAnswer = new TaskCompletionSource();
        world.Registry.Put("workspace:w");
        world.Registry.OnManifest = async (_, _) =>
        {
            await mayAnswer.Task;
            return null;
        };
        attempt.Succeed();
        await build.UntilAsync(BuildStatus.Verifying);

        await build.Cancel("anna");
        mayAnswer.SetResult();

        (await build.EndAsync()).Status.ShouldBe(BuildStatus.Succeeded);
    }

    [Fact]
    public async Task Cancel_BuilderSucceedsInTheLastMoment_ToldAsItHappened()
    {
        await using var world = new GrainWorld();
        var host = await world.StartHostAsync();
        var build = await host.OrderAsync(GrainWorld.Order());
        var attempt = await world.Launcher.NextAsync();
        attempt.OnCancel = late => late.Succeed();
        world.Registry.Put("workspace:w");
        await build.UntilAsync(BuildStatus.Running);

        await build.Cancel("anna");

        (await build.EndAsync()).Status.ShouldBe(BuildStatus.Succeeded);
    }

    [Fact]
    public async Task Cancel_ManyTimes_EndsOnce()
    {
        await using var world = new GrainWorld();
        var host = await world.StartHostAsync();
        var build = await host.OrderAsync(GrainWorld.Order());
        var attempt = await world.Launcher.NextAsync();
        await build.UntilAsync(BuildStatus.Running);

        await build.Cancel("anna");
        await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => build.Cancel("ben")));
        var ended = await build.EndAsync();
        await build.Cancel("ben");

        ended.Failure!.Message.ShouldBe("build cancelled by anna");
        (await build.Watch(0, TimeSpan.Zero))!.Version.ShouldBe(ended.Version);
        attempt.Cancels.ShouldBe(1);
    }

    [Fact]
    public async Task Cancel_EndedBuild_StaysAsItEnded()
    {
        await using var world = new GrainWorld();
        var host = await world.StartHostAsync();
        var build = await host.OrderAsync(GrainWorld.Order());
        world.Registry.Put("workspace:w");
        (await world.Launcher.NextAsync()).Succeed();
        var ended = await build.EndAsync();

        await build.Cancel("anna");

        (await build.Watch(0, TimeSpan.Zero)).ShouldBe(ended);
    }

    [Fact]
    public async Task Cancel_NoSuchBuild_DoesNothing()
    {
        await using var world = new GrainWorld();
        var host = await world.StartHostAsync();
        var build = host.Build(Guid.NewGuid());

        await build.Cancel("anna");

        (await build.Watch(0, TimeSpan.Zero)).ShouldBeNull();
    }

    [Fact]
    public async Task Cancel_EndingTheBuilderFails_StillCancelled()
    {
        await using var world = new GrainWorld();
        var host = await world.StartHostAsync();
        var build = await host.OrderAsync(GrainWorld.Order());
        var attempt = await world.Launcher.NextAsync();
        attempt.OnCancel = _ => throw new IOException("no answer");
        attempt.Write("some words\n");
        await build.ReadLogUntilAsync(11);

        await build.Cancel("anna");

        (await build.EndAsync()).Status.ShouldBe(BuildStatus.Cancelled);
        attempt.Write("and what comes after the end\n");
        attempt.Succeed();
        (await build.ReadLogTextAsync()).ShouldBe("some words\n");
    }

    [Fact]
    public async Task Deadline_BuilderRunsTooLong_TimedOut()
    {
        await using var world = new GrainWorld();
        var host = await world.StartHostAsync();

        // On a busy machine it may be over before a builder runs; then the next order has more time.
        var deadline = TimeSpan.FromSeconds(1);
        var ended = await (await host.OrderAsync(GrainWorld.Order("1") with { Deadline = deadline })).EndAsync();
        while (world.Launcher.Launches == 0)
        {
            deadline *= 2;
            ended = await (await host.OrderAsync(GrainWorld.Order($"{deadline.TotalSeconds}") with { Deadline = deadline })).EndAsync();
        }

        var attempt = await world.Launcher.NextAsync();
        ended.Status.ShouldBe(BuildStatus.TimedOut);
        ended.Failure!.Reason.ShouldBe(FailureReason.Timeout);
        ended.Failure.Message.ShouldBe($"build failed: the build took longer than {deadline} and was ended");
        attempt.Cancels.ShouldBe(1);
        attempt.Removed.IsCompleted.ShouldBeTrue();
    }

    [Fact]
    public async Task Deadline_LauncherTakesTooLong_TimedOut()
    {
        await using var world = new GrainWorld { Options = new BuildOptions { Deadline = TimeSpan.FromMilliseconds(300) } };
        var host = await world.StartHostAsync();
        world.Launcher.BeforeLaunch = (_, cancellationToken) => Task.Delay(Timeout.Infinite, cancellationToken);
        var build = await host.OrderAsync(GrainWorld.Order());

        (await build.EndAsync()).Status.ShouldBe(BuildStatus.TimedOut);
    }
}
