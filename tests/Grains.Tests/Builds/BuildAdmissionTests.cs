using ImageBuilder.Builds;
using ImageBuilder.Builds.Lifecycle;
using ImageBuilder.Grains.Tests.Hosting;

namespace ImageBuilder.Grains.Tests.Builds;

public sealed class BuildAdmissionTests
{
    private readonly TestAdmission _admission = new();

    [Fact]
    public async Task Build_ItsTurnHasNotCome_WaitsAndSaysHowMany()
    {
        await using var world = new GrainWorld { Admission = _admission };
        var mayRun = new TaskCompletionSource();
        _admission.OnEnter = async (_, ahead, _) =>
        {
            await ahead(3);
            await ahead(1);
            await mayRun.Task;
            return null;
        };
        var host = await world.StartHostAsync();

        var build = await host.OrderAsync(GrainWorld.Order());

        (await build.ReadLogUntilAsync(60)).ShouldBe("waiting in the queue behind 3 builds\nwaiting in the queue behind 1 build\n");
        var queued = (await build.Watch(0, TimeSpan.Zero))!;
        queued.Status.ShouldBe(BuildStatus.Queued);
        queued.BuildsAhead.ShouldBe(1);
        world.Launcher.Launches.ShouldBe(0);
        mayRun.SetResult();
        await world.Launcher.NextAsync();
        (await build.UntilAsync(BuildStatus.Running)).BuildsAhead.ShouldBeNull();
    }

    [Fact]
    public async Task Build_EveryAttempt_EntersAndLeavesAndKeepsItsPlaceInTime()
    {
        await using var world = new GrainWorld { Admission = _admission };
        var host = await world.StartHostAsync();
        var build = await host.OrderAsync(GrainWorld.Order());
        var id = build.GetPrimaryKey();
        (await world.Launcher.NextAsync()).Fail(FailureReason.BuilderLost, "lost");
        (await world.Launcher.NextAsync()).Fail(FailureReason.BuilderLost, "lost");
        var ended = await build.EndAsync();

        _admission.Events.ShouldBe([("enter", id), ("leave", id), ("enter", id), ("leave", id)]);
        _admission.Turns.Select(turn => turn.Since).ShouldBe([ended.CreatedAt, ended.CreatedAt]);
        var queuedAgain = (await build.Transitions(3, TimeSpan.Zero))!.Value[0];
        queuedAgain.Status.ShouldBe(BuildStatus.Queued);
        _admission.Turns.Select(turn => turn.WaitingSince).ShouldBe([ended.CreatedAt, queuedAgain.UpdatedAt]);
    }

    [Fact]
    public async Task Cancel_WhileWaiting_LeavesAndLaunchesNothing()
    {
        await using var world = new GrainWorld { Admission = _admission };
        _admission.OnEnter = NeverAsync;
        var host = await world.StartHostAsync();
        var build = await host.OrderAsync(GrainWorld.Order());

        (await build.Cancel("anna"))!.CancelRequested.ShouldBeTrue();

        var ended = await build.EndAsync();
        ended.Status.ShouldBe(BuildStatus.Cancelled);
        ended.Failure!.Message.ShouldBe("build cancelled by anna");
        _admission.Events.Last().ShouldBe(("leave", build.GetPrimaryKey()));
        world.Launcher.Launches.ShouldBe(0);
    }

    [Fact]
    public async Task Deadline_WhileWaiting_TimedOut()
    {
        await using var world = new GrainWorld { Admission = _admission };
        _admission.OnEnter = NeverAsync;
        var host = await world.StartHostAsync();
        var build = await host.OrderAsync(GrainWorld.Order() with { Deadline = TimeSpan.FromSeconds(1) });

        var ended = await build.EndAsync();

        ended.Status.ShouldBe(BuildStatus.TimedOut);
        ended.Failure!.Reason.ShouldBe(FailureReason.Timeout);
        ended.Failure.Message.ShouldBe("build failed: the build took longer than 00:00:01 and was ended");
        world.Launcher.Launches.ShouldBe(0);
    }

    [Fact]
    public async Task Admission_Refuses_BuildEndsAsTimedOutInTheQueue()
    {
        await using var world = new GrainWorld { Admission = _admission };
        _admission.OnEnter = (_, _, _) => Task.FromResult<BuildFailure?>(new BuildFailure(FailureReason.QueueTimeout, "waited for longer than 1m"));
        var host = await world.StartHostAsync();
        var build = await host.OrderAsync(GrainWorld.Order());

        var ended = await build.EndAsync();

        ended.Status.ShouldBe(BuildStatus.TimedOut);
        ended.Failure!.Reason.ShouldBe(FailureReason.QueueTimeout);
        ended.Failure.Message.ShouldBe("waited for longer than 1m");
        world.Launcher.Launches.ShouldBe(0);
    }

    [Fact]
    public async Task Admission_LeavingFails_BuildEndsAsItDid()
    {
        await using var world = new GrainWorld { Admission = _admission };
        _admission.OnLeave = () => throw new TimeoutException("no answer");
        world.Registry.Put("workspace:w");
        var host = await world.StartHostAsync();
        var build = await host.OrderAsync(GrainWorld.Order());
        (await world.Launcher.NextAsync()).Succeed();

        (await build.EndAsync()).Status.ShouldBe(BuildStatus.Succeeded);
    }

    [Fact]
    public async Task Restart_WhileRunning_HoldsItsPlace()
    {
        await using var world = new GrainWorld { Admission = _admission };
        var first = await world.StartHostAsync();
        var build = await first.OrderAsync(GrainWorld.Order());
        var attempt = await world.Launcher.NextAsync();
        await build.UntilAsync(BuildStatus.Running);
        await first.StopAsync();
        _admission.Events.ShouldBe([("enter", build.GetPrimaryKey())]);

        var second = await world.StartHostAsync();
        await second.TakeUpAsync();
        attempt.Fail(FailureReason.OutOfDisk, "no room");
        await second.Build(build.GetPrimaryKey()).EndAsync();

        _admission.Events.Select(one => one.What).ShouldBe(["enter", "hold", "leave"]);
    }

    [Fact]
    public async Task Restart_WhileWaiting_WaitsAgainSinceTheSameTime()
    {
        await using var world = new GrainWorld { Admission = _admission };
        _admission.OnEnter = NeverAsync;
        var first = await world.StartHostAsync();
        await first.OrderAsync(GrainWorld.Order());
        await first.StopAsync();
        world.Clock.Advance(TimeSpan.FromMinutes(1));
        _admission.OnEnter = (_, _, _) => Task.FromResult<BuildFailure?>(null);

        var second = await world.StartHostAsync();
        await second.TakeUpAsync();

        await world.Launcher.NextAsync();
        _admission.Turns.Count.ShouldBe(2);
        _admission.Turns.Distinct().Count().ShouldBe(1);
    }

    private static async Task<BuildFailure?> NeverAsync(ImageBuilder.Builds.Admission.Turn turn, Func<int, Task> ahead, CancellationToken cancellationToken)
    {
        await Task.Delay(Timeout.Infinite, cancellationToken);
        return null;
    }
}
