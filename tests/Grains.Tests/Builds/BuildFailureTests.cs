using System.Net;
using ImageBuilder.Builds.Lifecycle;
using ImageBuilder.Grains.Messages;
using ImageBuilder.Grains.Tests.Hosting;
using ImageBuilder.Launchers;

namespace ImageBuilder.Grains.Tests.Builds;

public sealed class BuildFailureTests
{
    [Theory]
    [InlineData(FailureReason.BuildStepFailed, "build failed: RUN false", "build failed: RUN false")]
    [InlineData(FailureReason.BuildStepFailed, "RUN false", "build failed: RUN false")]
    [InlineData(FailureReason.DockerfileNotFound, "could not find Dockerfile at \"x\"", "build failed: could not find Dockerfile at \"x\"")]
    [InlineData(FailureReason.ContextUnavailable, "no such branch", "build failed: no such branch")]
    [InlineData(FailureReason.BaseImageNotFound, "no base", "build failed: no base")]
    [InlineData(FailureReason.BaseImageDenied, "not yours", "build failed: not yours")]
    [InlineData(FailureReason.PushDenied, "push refused", "push refused")]
    [InlineData(FailureReason.OutOfDisk, "disk full", "disk full")]
    [InlineData(FailureReason.Internal, "odd", "odd")]
    public async Task Build_BuilderFails_ToldWithReasonMessageAndLastLines(FailureReason reason, string message, string told)
    {
        await using var world = new GrainWorld();
        var host = await world.StartHostAsync();
        var build = await host.OrderAsync(GrainWorld.Order());
        var attempt = await world.Launcher.NextAsync();
        attempt.Write(string.Concat(Enumerable.Range(1, 50).Select(line => $"line {line}\r\n")));
        attempt.Fail(reason, message);

        var ended = await build.EndAsync();

        ended.Status.ShouldBe(BuildStatus.Failed);
        ended.Failure!.Reason.ShouldBe(reason);
        ended.Failure.Message.ShouldBe(told);
        ended.Failure.LastLines.ShouldBe(Enumerable.Range(31, 20).Select(line => $"line {line}"));
        await attempt.Removed.WaitAsync(Patience.Limit);
        world.Launcher.Launches.ShouldBe(1);
    }

    [Fact]
    public async Task Build_BuilderSucceedsWithoutImage_Fails()
    {
        await using var world = new GrainWorld();
        var host = await world.StartHostAsync();
        var build = await host.OrderAsync(GrainWorld.Order());
        (await world.Launcher.NextAsync()).Succeed();

        var ended = await build.EndAsync();

        ended.Status.ShouldBe(BuildStatus.Failed);
        ended.Failure!.Message.ShouldBe("image build did not produce a workspace image");
    }

    [Theory]
    [InlineData(HttpStatusCode.InternalServerError)]
    [InlineData(HttpStatusCode.Forbidden)]
    public async Task Build_RegistryFailsAtTheVerification_FailsAndSaysSo(HttpStatusCode status)
    {
        await using var world = new GrainWorld();
        var host = await world.StartHostAsync();
        var build = await host.OrderAsync(GrainWorld.Order());
        var attempt = await world.Launcher.NextAsync();
        world.Registry.Fail(status);
        attempt.Succeed();

        var ended = await build.EndAsync();

        ended.Status.ShouldBe(BuildStatus.Failed);
        ended.Failure!.Message.ShouldStartWith("cannot check if workspace image exists after the build: ");
    }

    [Fact]
    public async Task Build_CallToAnotherGrainIsRefusedAtTheVerification_IsMadeAgain()
    {
        await using var world = new GrainWorld();
        var refusing = new RefusingSource(refusals: 2);
        world.Credentials.Add(refusing);
        var host = await world.StartHostAsync();
        var build = await host.OrderAsync(GrainWorld.Order());
        var attempt = await world.Launcher.NextAsync();
        world.Registry.Put("workspace:w");
        attempt.Succeed();

        (await build.EndAsync()).Status.ShouldBe(BuildStatus.Succeeded);
        refusing.Refusals.ShouldBe(0);
    }

    [Fact]
    public async Task Build_BuilderLostOnce_SecondAttemptMakesTheImage()
    {
        await using var world = new GrainWorld();
        var host = await world.StartHostAsync();
        var build = await host.OrderAsync(GrainWorld.Order());
        var first = await world.Launcher.NextAsync();
        first.Write("first\n");
        first.Fail(FailureReason.BuilderLost, "the builder was lost: killed");

        var second = await world.Launcher.NextAsync();
        second.Id.ShouldBe(new AttemptId(first.Id.BuildId, 2));
        second.Write("second\n");
        world.Registry.Put("workspace:w");
        second.Succeed();

        var ended = await build.EndAsync();
        ended.Status.ShouldBe(BuildStatus.Succeeded);
        ended.Attempt.ShouldBe(2);
        (await build.ReadLogTextAsync()).ShouldBe("first\nthe builder was lost: killed; trying once more\nsecond\n");
        first.Removed.IsCompleted.ShouldBeTrue();
    }

    [Fact]
    public async Task Build_RetriedWithSecrets_SecondAttemptHasThemToo()
    {
        await using var world = new GrainWorld();
        var host = await world.StartHostAsync();
        await host.OrderAsync(GrainWorld.Order(gitPassword: "p"));
        (await world.Launcher.NextAsync()).Fail(FailureReason.BuilderLost, "lost");

        (await world.Launcher.NextAsync()).Secrets.GitPassword.ShouldBe("p");
    }

    [Fact]
    public async Task Build_BuilderLostTwice_Fails()
    {
        await using var world = new GrainWorld();
        var host = await world.StartHostAsync();
        var build = await host.OrderAsync(GrainWorld.Order());
        (await world.Launcher.NextAsync()).Fail(FailureReason.BuilderLost, "lost once");
        (await world.Launcher.NextAsync()).Fail(FailureReason.BuilderLost, "lost twice");

        var ended = await build.EndAsync();

        ended.Status.ShouldBe(BuildStatus.Failed);
        ended.Failure!.Reason.ShouldBe(FailureReason.BuilderLost);
        ended.Failure.Message.ShouldBe("lost twice");
        world.Launcher.Launches.ShouldBe(2);
    }

    [Fact]
    public async Task Build_LauncherUnavailableOnce_SecondAttemptRuns()
    {
        await using var world = new GrainWorld();
        var host = await world.StartHostAsync();
        world.Launcher.BeforeLaunch = (id, _) => id.Number == 1
            ? throw new LaunchException(FailureReason.LauncherUnavailable, "no room")
            : Task.CompletedTask;
        var build = await host.OrderAsync(GrainWorld.Order());

        (await world.Launcher.NextAsync()).Id.Number.ShouldBe(2);
        (await build.UntilAsync(BuildStatus.Running)).Attempt.ShouldBe(2);
    }

    [Fact]
    public async Task Build_LauncherUnavailableTwice_Fails()
    {
        await using var world = new GrainWorld();
        var host = await world.StartHostAsync();
        world.Launcher.BeforeLaunch = (_, _) => throw new LaunchException(FailureReason.LauncherUnavailable, "no room");
        var build = await host.OrderAsync(GrainWorld.Order());

        var ended = await build.EndAsync();

        ended.Failure!.Reason.ShouldBe(FailureReason.LauncherUnavailable);
        ended.Failure.Message.ShouldBe("no room");
        world.Launcher.Launches.ShouldBe(2);
    }

    [Fact]
    public async Task Build_LauncherThrowsOtherReason_FailsAtOnce()
    {
        await using var world = new GrainWorld();
        var host = await world.StartHostAsync();
        world.Launcher.BeforeLaunch = (_, _) => throw new LaunchException(FailureReason.OutOfDisk, "disk full");
        var build = await host.OrderAsync(GrainWorld.Order());

        (await build.EndAsync()).Failure!.Reason.ShouldBe(FailureReason.OutOfDisk);
        world.Launcher.Launches.ShouldBe(1);
    }

    public static TheoryData<Exception> OddExceptions { get; } =
        [new InvalidOperationException("odd"), new TaskCanceledException("a timeout of its own"), new AggregateException("odd"), new NotSupportedException("odd")];

    [Theory]
    [MemberData(nameof(OddExceptions), DisableDiscoveryEnumeration = true)]
    public async Task Build_LauncherThrowsSomethingOdd_FailsInternally(Exception odd)
    {
        await using var world = new GrainWorld();
        var host = await world.StartHostAsync();
        world.Launcher.BeforeLaunch = (_, _) => throw odd;
        var build = await host.OrderAsync(GrainWorld.Order());

        var ended = await build.EndAsync();

        ended.Status.ShouldBe(BuildStatus.Failed);
        ended.Failure!.Reason.ShouldBe(FailureReason.Internal);
        ended.Failure.Message.ShouldContain(odd.Message);
        ended.Version.ShouldBe(3);
        (await build.ReadLogToEndAsync()).ShouldBeEmpty();
    }

    [Theory]
    [MemberData(nameof(OddExceptions), DisableDiscoveryEnumeration = true)]
    public async Task Build_WatchingTheBuilderBreaks_FailsAndEndsTheBuilder(Exception odd)
    {
        await using var world = new GrainWorld();
        var host = await world.StartHostAsync();
        var build = await host.OrderAsync(GrainWorld.Order());
        var attempt = await world.Launcher.NextAsync();

        attempt.Break(odd);

        (await build.EndAsync()).Failure!.Reason.ShouldBe(FailureReason.Internal);
        attempt.Cancels.ShouldBe(1);
        await attempt.Removed.WaitAsync(Patience.Limit);
    }

    [Fact]
    public async Task Build_ClearingAwayFailsAfterSuccess_StillSucceeds()
    {
        await using var world = new GrainWorld();
        var host = await world.StartHostAsync();
        var build = await host.OrderAsync(GrainWorld.Order());
        var attempt = await world.Launcher.NextAsync();
        attempt.OnRemove = () => throw new IOException("Directory not empty");
        world.Registry.Put("workspace:w");
        attempt.Succeed();

        (await build.EndAsync()).Status.ShouldBe(BuildStatus.Succeeded);
    }
}
