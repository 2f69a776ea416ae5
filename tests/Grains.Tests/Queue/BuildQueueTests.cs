using ImageBuilder.Builds;
using ImageBuilder.Builds.Lifecycle;
using ImageBuilder.Builds.Queue;
using ImageBuilder.Grains.Messages;
using ImageBuilder.Grains.Tests.Hosting;

namespace ImageBuilder.Grains.Tests.Queue;

/// <summary>Builds and their queue together.</summary>
public sealed class BuildQueueTests : IAsyncDisposable
{
    private readonly GrainWorld _world = new();

    public BuildQueueTests() => _world.QueueLimits.Change(new QueueLimits { Concurrency = 1 });

    public ValueTask DisposeAsync() => _world.DisposeAsync();

    [Fact]
    public async Task Build_NoRoom_WaitsSaysSoAndRunsWhenTheOtherHasEnded()
    {
        var host = await _world.StartHostAsync();
        var first = await host.OrderAsync(GrainWorld.Order("first"));
        var running = await _world.Launcher.NextAsync();

        var second = await host.OrderAsync(GrainWorld.Order("second"));

        const string Line = "waiting in the queue, next in line\n";
        (await second.ReadLogUntilAsync(Line.Length)).ShouldBe(Line);
        var waiting = await second.Watch(0, TimeSpan.Zero);
        (waiting!.Status, waiting.BuildsAhead).ShouldBe((BuildStatus.Queued, 0));
        _world.Launcher.Launches.ShouldBe(1);
        running.Fail(FailureReason.BuildStepFailed, "no");
        await first.EndAsync();
        (await _world.Launcher.NextAsync()).Order.WorkspaceRef.ShouldEndWith(":second");
        (await second.Watch(0, TimeSpan.Zero))!.BuildsAhead.ShouldBeNull();
    }

    [Fact]
    public async Task Build_BackgroundAndInteractiveWait_InteractiveGoesFirst()
    {
        var host = await _world.StartHostAsync();
        await host.OrderAsync(GrainWorld.Order("first"));
        var running = await _world.Launcher.NextAsync();
        await host.OrderAsync(GrainWorld.Order("background") with { Priority = BuildPriority.Background });
        await WaitingAsync(host, 1);
        await host.OrderAsync(GrainWorld.Order("interactive"));
        await WaitingAsync(host, 2);

        running.Fail(FailureReason.BuildStepFailed, "no");

        (await _world.Launcher.NextAsync()).Order.WorkspaceRef.ShouldEndWith(":interactive");
    }

    [Fact]
    public async Task Cancel_WhileWaiting_EndsTheBuildAndFreesItsPlaceInTheLine()
    {
        var host = await _world.StartHostAsync();
        await host.OrderAsync(GrainWorld.Order("first"));
        await _world.Launcher.NextAsync();
        var second = await host.OrderAsync(GrainWorld.Order("second"));
        await WaitingAsync(host, 1);

        await second.Cancel("anna");

        (await second.EndAsync()).Status.ShouldBe(BuildStatus.Cancelled);
        await WaitingAsync(host, 0);
        _world.Launcher.Launches.ShouldBe(1);
    }

    [Fact]
    public async Task Check_BuildStillRuns_KeepsItsPlace()
    {
        _world.Options = new BuildOptions { QueueCheckPeriod = TimeSpan.FromMilliseconds(20), Deadline = TimeSpan.FromDays(1) };
        var host = await _world.StartHostAsync();
        var build = await host.OrderAsync(GrainWorld.Order());
        await _world.Launcher.NextAsync();
        var id = (await build.Watch(0, TimeSpan.Zero))!.Id;

        for (var check = 0; check < 3; check++)
        {
            // One that asks once is gone after the next look, so there was one.
            _world.Clock.Advance(TimeSpan.FromMinutes(1));
            await host.Queue().Wait(new QueueTicket(Guid.NewGuid(), "", BuildPriority.Interactive, _world.Clock.GetUtcNow(), _world.Clock.GetUtcNow()), TimeSpan.Zero);
            _world.Clock.Advance(TimeSpan.FromMinutes(1));
            await WaitingAsync(host, 0);
        }

        (await host.Queue().Get()).Running.ShouldHaveSingleItem().BuildId.ShouldBe(id);
    }

    [Fact]
    public async Task Build_WaitsLongerThanItMay_TimesOutAndSaysSo()
    {
        var host = await _world.StartHostAsync();
        await host.OrderAsync(GrainWorld.Order("first"));
        await _world.Launcher.NextAsync();
        _world.QueueLimits.Change(new QueueLimits { Concurrency = 1, WaitingDeadline = TimeSpan.FromSeconds(1) });

        var ended = await (await host.OrderAsync(GrainWorld.Order("second"))).EndAsync();

        (ended.Status, ended.Failure!.Reason).ShouldBe((BuildStatus.TimedOut, FailureReason.QueueTimeout));
        ended.Failure.Message.ShouldContain("waited for its turn for longer than 00:00:01");
    }

    [Fact]
    public async Task Restart_OneRunsAndOneWaits_NeitherLosesItsPlace()
    {
        var before = await _world.StartHostAsync();
        await before.OrderAsync(GrainWorld.Order("first"));
        var running = await _world.Launcher.NextAsync();
        var waiting = await before.OrderAsync(GrainWorld.Order("second"));
        await WaitingAsync(before, 1);
        var id = (await waiting.Watch(0, TimeSpan.Zero))!.Id;
        await before.StopAsync();

        var after = await _world.StartHostAsync();
        await after.TakeUpAsync();

        await WaitingAsync(after, 1);
        _world.Launcher.Launches.ShouldBe(1);
        running.Fail(FailureReason.BuildStepFailed, "no");
        (await _world.Launcher.NextAsync()).Id.BuildId.ShouldBe(id);
    }

    [Fact]
    public async Task Build_QueueCannotStore_RunsAllTheSame()
    {
        var host = await _world.StartHostAsync();
        _world.Storage.BeforeWrite = (name, _) => name == "queue" ? throw new IOException("no space left") : Task.CompletedTask;

        await host.OrderAsync(GrainWorld.Order());

        await _world.Launcher.NextAsync();
    }

    private static async Task WaitingAsync(GrainHost host, int count)
    {
        using var patience = new CancellationTokenSource(Patience.Limit);
        while ((await host.Queue().Get()).Waiting.Length != count)
        {
            patience.Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }
}
