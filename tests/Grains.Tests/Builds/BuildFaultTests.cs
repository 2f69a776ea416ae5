using ImageBuilder.Builds.Lifecycle;
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
    [InlineData(BuildStatus.Verifying)]
    public async Task StateStorage_OneWriteFails_BuildFailsClearlyAndNoBuilderIsLeft(BuildStatus status)
    {
        await using var world = new GrainWorld();
        var host = await world.StartHostAsync();
        world.Storage.BeforeWrite = (name, state) => name == "build" && ((BuildState)state!).Status == status
            ? throw new IOException("disk full")
            : Task.CompletedTask;
        world.Registry.Put("workspace:w");
        var build = await host.OrderAsync(GrainWorld.Order());
        ScriptedAttempt? attempt = null;
        if (status != BuildStatus.Launching)
        {
            attempt = await world.Launcher.NextAsync();
        }

        if (status == BuildStatus.Verifying)
        {
            attempt!.Succeed();
        }

        var ended = await build.EndAsync();

        ended.Status.ShouldBe(BuildStatus.Failed);
        ended.Failure!.Message.ShouldContain("disk full");
        ended.Version.ShouldBe(status switch { BuildStatus.Launching => 2, BuildStatus.Running => 3, _ => 4 });
        if (attempt is not null)
        {
            await attempt.Removed.WaitAsync(Patience.Limit);
            attempt.Completion.IsCompleted.ShouldBeTrue();
        }
    }

    [Fact]
    public async Task StateStorage_FailsFromNowOn_FollowersAreToldAndDoNotHang()
    {
        await using var world = new GrainWorld();
        var host = await world.StartHostAsync();
        var build = await host.OrderAsync(GrainWorld.Order());
        var attempt = await world.Launcher.NextAsync();
        var running = await build.UntilAsync(BuildStatus.Running);
        var follower = build.Watch(running.Version, TimeSpan.FromSeconds(20));
        world.Storage.BeforeWrite = (_, _) => throw new IOException("disk full");

        attempt.Fail(FailureReason.BuildStepFailed, "build failed: no");

        var told = await follower;
        told!.IsFinal.ShouldBeTrue();
        told.Failure!.Message.ShouldContain("disk full");
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
        world.Launcher.Launches.ShouldBe(0);
    }
}
