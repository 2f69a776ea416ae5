using ImageBuilder.Builds;
using ImageBuilder.Builds.Lifecycle;
using ImageBuilder.Grains.Builds;
using ImageBuilder.Grains.Messages;
using ImageBuilder.Grains.Tests.Hosting;
using ImageBuilder.Launchers;

namespace ImageBuilder.Grains.Tests.Builds;

/// <summary>A cancel that was answered, and then the service was killed.</summary>
public sealed class CancelRestartTests
{
    [Theory]
    [InlineData(BuildStatus.Queued)]
    [InlineData(BuildStatus.Launching)]
    [InlineData(BuildStatus.Running)]
    [InlineData(BuildStatus.Verifying)]
    public async Task Restart_AfterACancel_GoesOnCancelling(BuildStatus status)
    {
        await using var world = new GrainWorld();
        var id = Guid.NewGuid();
        var state = BuildState.Accepted(GrainWorld.Order(), world.Clock.GetUtcNow(), TimeSpan.FromHours(1));
        state = status switch
        {
            BuildStatus.Queued => state,
            BuildStatus.Launching => state.Launched(0, state.CreatedAt),
            BuildStatus.Running => state.Launched(0, state.CreatedAt).Moved(BuildStatus.Running, state.CreatedAt),
            _ => state.Launched(0, state.CreatedAt).Moved(BuildStatus.Running, state.CreatedAt).Moved(BuildStatus.Verifying, state.CreatedAt),
        };
        var host = await world.StartHostAsync();
        world.Storage.Put("build", host.Build(id).GetGrainId(), state.CancelRequested("anna", state.CreatedAt));
        ScriptedAttempt? attempt = null;
        if (status != BuildStatus.Queued)
        {
            await world.Launcher.LaunchAsync(new AttemptId(id, 1), state.Order!.ToOrder(), state.Order.ToSecrets(), CancellationToken.None);
            attempt = await world.Launcher.NextAsync();
            if (status == BuildStatus.Verifying)
            {
                attempt.Succeed();
                world.Registry.Put("workspace:w");
            }
        }

        var ended = await host.Build(id).EndAsync();

        if (status == BuildStatus.Verifying)
        {
            ended.Status.ShouldBe(BuildStatus.Succeeded);
        }
        else
        {
            ended.Status.ShouldBe(BuildStatus.Cancelled);
            ended.Failure!.Message.ShouldBe("build cancelled by anna");
            attempt?.Cancels.ShouldBe(1);
        }

        world.Launcher.Launches.ShouldBe(attempt is null ? 0 : 1);
        ended.CancelRequested.ShouldBeTrue();
    }

    [Fact]
    public async Task Restart_CancelledAndTheBuilderIsGone_Cancelled()
    {
        await using var world = new GrainWorld();
        var id = Guid.NewGuid();
        var host = await world.StartHostAsync();
        var accepted = BuildState.Accepted(GrainWorld.Order(), world.Clock.GetUtcNow(), TimeSpan.FromHours(1));
        var second = accepted.Launched(0, accepted.CreatedAt).Moved(BuildStatus.Queued, accepted.CreatedAt).Launched(0, accepted.CreatedAt);
        world.Storage.Put("build", host.Build(id).GetGrainId(), second.CancelRequested("anna", accepted.CreatedAt));

        (await host.Build(id).EndAsync()).Status.ShouldBe(BuildStatus.Cancelled);

        world.Launcher.Launches.ShouldBe(0);
    }

    [Fact]
    public async Task Cancel_IsAnswered_IsStored()
    {
        await using var world = new GrainWorld();
        var host = await world.StartHostAsync();
        var build = await host.OrderAsync(GrainWorld.Order());
        var attempt = await world.Launcher.NextAsync();
        attempt.OnCancel = _ => { };
        await build.UntilAsync(BuildStatus.Running);
        var mayStore = new TaskCompletionSource();
        world.Storage.BeforeWrite = (name, _) => name == "build" ? mayStore.Task : Task.CompletedTask;

        var cancelling = build.Cancel("anna");
        (await build.Watch(0, TimeSpan.Zero))!.CancelRequested.ShouldBeFalse();
        cancelling.IsCompleted.ShouldBeFalse();
        mayStore.SetResult();

        var answer = (await cancelling)!;
        answer.CancelRequested.ShouldBeTrue();
        answer.Status.ShouldBe(BuildStatus.Running);
        world.Storage.All<BuildState>("build").ShouldHaveSingleItem().CancelledBy.ShouldBe("anna");
        await attempt.Cancelled.WaitAsync(Patience.Limit);
        (await build.EndAsync()).Status.ShouldBe(BuildStatus.Cancelled);
    }

    [Fact]
    public async Task Cancel_BetweenAttempts_MakesNoOther()
    {
        await using var world = new GrainWorld();
        var host = await world.StartHostAsync();
        var build = await host.OrderAsync(GrainWorld.Order());
        var attempt = await world.Launcher.NextAsync();
        await build.UntilAsync(BuildStatus.Running);
        var appending = new TaskCompletionSource();
        var mayAppend = new TaskCompletionSource();
        world.Logs.BeforeAppend = async _ =>
        {
            appending.TrySetResult();
            await mayAppend.Task;
        };
        attempt.Fail(FailureReason.BuilderLost, "lost");
        await appending.Task.WaitAsync(Patience.Limit);

        (await build.Cancel("anna"))!.Status.ShouldBe(BuildStatus.Running);
        mayAppend.SetResult();

        (await build.EndAsync()).Status.ShouldBe(BuildStatus.Cancelled);
        world.Launcher.Launches.ShouldBe(1);
    }

    [Fact]
    public async Task Order_AfterACancel_GetsABuildOfItsOwnOnceTheOtherHasEnded()
    {
        await using var world = new GrainWorld();
        var host = await world.StartHostAsync();
        var order = GrainWorld.Order();
        var build = await host.OrderAsync(order);
        var attempt = await world.Launcher.NextAsync();
        attempt.OnCancel = _ => { };
        await build.UntilAsync(BuildStatus.Running);
        await build.Cancel("anna");
        await attempt.Cancelled.WaitAsync(Patience.Limit);

        var next = host.Image(order.WorkspaceRef).Build(order);
        world.Launcher.Launches.ShouldBe(1);
        attempt.Fail(FailureReason.BuilderLost, "killed");

        var ticket = await next;
        ticket.Joined.ShouldBeFalse();
        ticket.BuildId.ShouldNotBe(build.GetPrimaryKey());
        (await build.EndAsync()).Status.ShouldBe(BuildStatus.Cancelled);
        (await world.Launcher.NextAsync()).Id.BuildId.ShouldBe(ticket.BuildId);
    }
}
