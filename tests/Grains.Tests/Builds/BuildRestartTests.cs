using System.Collections.Immutable;
using ImageBuilder.Builds;
using ImageBuilder.Builds.Lifecycle;
using ImageBuilder.Grains.Builds;
using ImageBuilder.Grains.Messages;
using ImageBuilder.Grains.Tests.Hosting;
using ImageBuilder.Launchers;

namespace ImageBuilder.Grains.Tests.Builds;

public sealed class BuildRestartTests
{
    [Fact]
    public async Task Restart_BuilderStillRuns_BuildGoesOnAndLogHasNoGapAndNoRepeat()
    {
        await using var world = new GrainWorld();
        var (id, attempt) = await StartAsync(world, "one\ntwo registry.test/wor");

        attempt.Write("kspace:w\nthree\n");
        world.ReopenLogs();
        var host = await world.StartHostAsync();
        await host.TakeUpAsync();
        attempt.Write("four\n");
        world.Registry.Put("workspace:w");
        attempt.Succeed();

        var ended = await host.Build(id).EndAsync();
        ended.Status.ShouldBe(BuildStatus.Succeeded);
        ended.Attempt.ShouldBe(1);
        (await host.Build(id).ReadLogTextAsync()).ShouldBe("one\ntwo \nthree\nfour\n");
        world.Launcher.Reattached.ShouldBe([new AttemptId(id, 1)]);
        world.Launcher.Launches.ShouldBe(1);
        attempt.Cancels.ShouldBe(0);
        attempt.Removed.IsCompleted.ShouldBeTrue();
    }

    [Fact]
    public async Task Restart_SecretsAreForgotten_WhatIsStoredIsNotDerivedAgain()
    {
        const string Password = "hunter2hunter2";
        await using var world = new GrainWorld();
        var (id, attempt) = await StartAsync(world, $"one {Password} two {Password}{Password}\nthree registry.test/wor", GrainWorld.Order(gitPassword: Password), length: 16);

        attempt.Write("kspace:w\nfour\n");
        world.ReopenLogs();
        var host = await world.StartHostAsync();
        await host.TakeUpAsync();
        attempt.Fail(FailureReason.BuildStepFailed, "build failed: no");

        await host.Build(id).EndAsync();
        (await host.Build(id).ReadLogTextAsync()).ShouldBe("one  two \nthree \nfour\n");
    }

    [Fact]
    public async Task Restart_BuilderEndedMeanwhile_EndIsToldAsItWas()
    {
        await using var world = new GrainWorld();
        var (id, attempt) = await StartAsync(world, "one\n");
        attempt.Write("two\n");
        attempt.Fail(FailureReason.BuildStepFailed, "build failed: RUN false");

        var host = await world.StartHostAsync();
        await host.TakeUpAsync();

        var ended = await host.Build(id).EndAsync();
        ended.Failure!.Message.ShouldBe("build failed: RUN false");
        (await host.Build(id).ReadLogTextAsync()).ShouldBe("one\ntwo\n");
    }

    [Fact]
    public async Task Restart_OrderWithExtras_SecondAttemptHasThemToo()
    {
        var extras = new BuildExtras { Arguments = ImmutableDictionary<string, string>.Empty.Add("WHAT", "a"), Stage = "wanted" };
        await using var world = new GrainWorld();
        var (id, attempt) = await StartAsync(world, "one\n", GrainWorld.Order() with { Extras = BuildExtrasMessage.Of(extras), NoCache = true });
        await attempt.Watch().RemoveAsync(CancellationToken.None);

        var host = await world.StartHostAsync();
        await host.TakeUpAsync();
        var second = await world.Launcher.NextAsync();

        (second.Order.Extras, second.Order.NoCache).ShouldBe((extras, true));
        var told = await host.Build(id).Watch(0, TimeSpan.Zero);
        (told!.Extras, told.NoCache).ShouldBe((BuildExtrasMessage.Of(extras), true));
    }

    [Fact]
    public async Task Restart_BuilderIsGone_SecondAttempt()
    {
        await using var world = new GrainWorld();
        var (id, attempt) = await StartAsync(world, "one\n");
        await attempt.Watch().RemoveAsync(CancellationToken.None);

        var host = await world.StartHostAsync();
        await host.TakeUpAsync();

        (await world.Launcher.NextAsync()).Id.ShouldBe(new AttemptId(id, 2));
    }

    [Fact]
    public async Task Restart_BuilderIsGoneAndOrderHadSecrets_FailsAndAsksForTheOrderAgain()
    {
        await using var world = new GrainWorld();
        var (id, attempt) = await StartAsync(world, "one\n", GrainWorld.Order(gitPassword: "p"));
        await attempt.Watch().RemoveAsync(CancellationToken.None);

        var host = await world.StartHostAsync();
        await host.TakeUpAsync();

        var ended = await host.Build(id).EndAsync();
        ended.Failure!.Reason.ShouldBe(FailureReason.BuilderLost);
        ended.Failure.Message.ShouldContain("please ask for the build again");
        world.Launcher.Launches.ShouldBe(1);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Restart_BuildWasQueued_LaunchedWithItsAccessUnlessItHadSecrets(bool hadSecrets)
    {
        await using var world = new GrainWorld();
        var id = Guid.NewGuid();
        var access = RegistryAccessMessage.Nothing with { AllowedHosts = ["private.test"] };
        var over = world.Storage.CrashBefore(state => state.Status != BuildStatus.Queued);
        var first = await world.StartHostAsync();
        await first.Build(id).Start(GrainWorld.Order(access: access, gitPassword: hadSecrets ? "p" : ""));
        await world.Storage.Crashed.WaitAsync(Patience.Limit);
        world.Storage.BeforeWrite = (_, _) => Task.CompletedTask;

        var second = await world.StartHostAsync();
        await second.TakeUpAsync();

        if (hadSecrets)
        {
            (await second.Build(id).EndAsync()).Failure!.Message.ShouldContain("please ask for the build again");
            world.Launcher.Launches.ShouldBe(0);
        }
        else
        {
            (await world.Launcher.NextAsync()).Secrets.Access.AllowedHosts.ShouldBe(["private.test"]);
        }

        var stopping = first.StopAsync();
        over.SetResult();
        await stopping;
    }

    [Fact]
    public async Task Restart_DeadlinePassedMeanwhile_TimedOutAndBuilderEnded()
    {
        await using var world = new GrainWorld();
        var (id, attempt) = await StartAsync(world, "one\n");
        world.Clock.Advance(TimeSpan.FromHours(2));

        var host = await world.StartHostAsync();
        await host.TakeUpAsync();

        (await host.Build(id).EndAsync()).Status.ShouldBe(BuildStatus.TimedOut);
        await attempt.Cancelled.WaitAsync(Patience.Limit);
        await attempt.Removed.WaitAsync(Patience.Limit);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Restart_WhileVerifying_TheRegistryDecides(bool isThere)
    {
        await using var world = new GrainWorld();
        var first = await world.StartHostAsync();
        var build = await first.OrderAsync(GrainWorld.Order());
        var attempt = await world.Launcher.NextAsync();
        var over = world.Storage.CrashBefore(state => BuildLifecycle.IsFinal(state.Status));
        if (isThere)
        {
            world.Registry.Put("workspace:w");
        }

        attempt.Succeed();
        await build.UntilAsync(BuildStatus.Verifying);
        await attempt.Removed.WaitAsync(Patience.Limit);
        await world.Storage.Crashed.WaitAsync(Patience.Limit);
        world.Storage.BeforeWrite = (_, _) => Task.CompletedTask;

        var second = await world.StartHostAsync();
        await second.TakeUpAsync();

        (await second.Build(build.GetPrimaryKey()).EndAsync()).Status.ShouldBe(isThere ? BuildStatus.Succeeded : BuildStatus.Failed);
        world.Launcher.Launches.ShouldBe(1);
        var stopping = first.StopAsync();
        over.SetResult();
        await stopping;
    }

    [Fact]
    public async Task Restart_KilledRightAfterTheSuccess_SuccessIsNotLost()
    {
        await using var world = new GrainWorld();
        var first = await world.StartHostAsync();
        var build = await first.OrderAsync(GrainWorld.Order());
        var attempt = await world.Launcher.NextAsync();
        await build.UntilAsync(BuildStatus.Running);
        var over = world.Storage.CrashBefore(state => state.Status == BuildStatus.Verifying);
        world.Registry.Put("workspace:w");
        attempt.Succeed();
        await build.ReadLog(0, 1, TimeSpan.Zero);
        await world.Storage.Crashed.WaitAsync(Patience.Limit);
        world.Storage.BeforeWrite = (_, _) => Task.CompletedTask;

        var second = await world.StartHostAsync();
        await second.TakeUpAsync();

        var ended = await second.Build(build.GetPrimaryKey()).EndAsync();
        ended.Status.ShouldBe(BuildStatus.Succeeded);
        ended.Attempt.ShouldBe(1);
        world.Launcher.Launches.ShouldBe(1);
        var stopping = first.StopAsync();
        over.SetResult();
        await stopping;
    }

    [Fact]
    public async Task Restart_LogIsBeingStored_TheStopWaitsForIt()
    {
        await using var world = new GrainWorld();
        var first = await world.StartHostAsync();
        var build = await first.OrderAsync(GrainWorld.Order());
        var attempt = await world.Launcher.NextAsync();
        var appending = new TaskCompletionSource();
        var (appended, appendedBeforeLetGo) = (false, false);
        attempt.OnLetGo = () => appendedBeforeLetGo = Volatile.Read(ref appended);
        world.Logs.BeforeAppend = async cancellationToken =>
        {
            appending.TrySetResult();
            await Task.Delay(Timeout.Infinite, cancellationToken)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ForceYielding);
            for (var turns = 0; turns < 1_000; turns++)
            {
                await Task.Yield();
            }

            Volatile.Write(ref appended, true);
        };
        attempt.Write("one\n");
        await appending.Task.WaitAsync(Patience.Limit);
        await first.StopAsync();
        world.Logs.BeforeAppend = _ => Task.CompletedTask;

        var second = await world.StartHostAsync();
        attempt.Write("two\n");
        attempt.Fail(FailureReason.BuildStepFailed, "no");

        appendedBeforeLetGo.ShouldBeTrue();
        (await second.Build(build.GetPrimaryKey()).ReadLogTextAsync()).ShouldBe("one\ntwo\n");
    }

    [Fact]
    public async Task Restart_EndedBuild_IsToldWithItsLog()
    {
        await using var world = new GrainWorld();
        var first = await world.StartHostAsync();
        var build = await first.OrderAsync(GrainWorld.Order());
        var attempt = await world.Launcher.NextAsync();
        attempt.Write("all of it\n");
        attempt.Fail(FailureReason.BuildStepFailed, "build failed: no");
        var ended = await build.EndAsync();
        await first.StopAsync();
        world.ReopenLogs();

        var second = await world.StartHostAsync();
        await second.TakeUpAsync();

        var again = await second.Build(build.GetPrimaryKey()).EndAsync();
        again.Failure!.LastLines.ShouldBe(ended.Failure!.LastLines);
        again.ShouldBe(ended with { Failure = again.Failure });
        (await second.Build(build.GetPrimaryKey()).ReadLogTextAsync()).ShouldBe("all of it\n");
        world.Launcher.Reattached.ShouldBeEmpty();
    }

    /// <summary>A build whose first host has stopped while the builder ran on.</summary>
    private static async Task<(Guid Id, ScriptedAttempt Attempt)> StartAsync(GrainWorld world, string log, BuildOrderMessage? order = null, int length = 4)
    {
        var host = await world.StartHostAsync();
        var build = await host.OrderAsync(order ?? GrainWorld.Order());
        var attempt = await world.Launcher.NextAsync();
        attempt.Write(log);
        await build.ReadLogUntilAsync(length);
        await host.StopAsync();
        attempt.Cancels.ShouldBe(0);
        attempt.Completion.IsCompleted.ShouldBeFalse();
        world.Storage.All<BuildState>("build").ShouldHaveSingleItem().Status.ShouldBe(BuildStatus.Running);
        return (build.GetPrimaryKey(), attempt);
    }
}
