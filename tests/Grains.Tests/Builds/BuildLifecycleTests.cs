using ImageBuilder.Builds.Lifecycle;
using ImageBuilder.Grains.Builds;
using ImageBuilder.Grains.Messages;
using ImageBuilder.Grains.Tests.Hosting;

namespace ImageBuilder.Grains.Tests.Builds;

public sealed class BuildLifecycleTests
{
    [Fact]
    public async Task Watch_EveryTransition_IsToldInOrderOnceItIsStored()
    {
        await using var world = new GrainWorld();
        var host = await world.StartHostAsync();
        using var permits = new SemaphoreSlim(0);
        var written = new List<long>();
        world.Storage.BeforeWrite = async (name, state) =>
        {
            if (name == "build")
            {
                await permits.WaitAsync();
                written.Add(((BuildState)state!).Version);
            }
        };
        permits.Release();
        var build = await host.OrderAsync(GrainWorld.Order());
        world.Registry.Put("workspace:w", 'b');

        var told = new List<BuildSnapshot> { (await build.Watch(0, TimeSpan.Zero))! };
        for (var step = 0; step < 4; step++)
        {
            var known = told[^1].Version;
            (await build.Watch(known, TimeSpan.Zero))!.Version.ShouldBe(known);
            permits.Release();
            told.Add((await build.Watch(known, TimeSpan.FromSeconds(20)))!);
            if (told[^1].Status == BuildStatus.Running)
            {
                (await world.Launcher.NextAsync()).Succeed();
            }
        }

        told.Select(snapshot => snapshot.Status).ShouldBe(
            [BuildStatus.Queued, BuildStatus.Launching, BuildStatus.Running, BuildStatus.Verifying, BuildStatus.Succeeded]);
        told.Select(snapshot => snapshot.Version).ShouldBe([1, 2, 3, 4, 5]);
        written.ShouldBe([1, 2, 3, 4, 5]);
        told[0].Attempt.ShouldBe(0);
        told[^1].Attempt.ShouldBe(1);
        told[^1].Digest.ShouldBe(TestRegistry.DigestOf('b'));
        told[^1].Failure.ShouldBeNull();
        told[^1].FinishedAt.ShouldNotBeNull();
        told.SkipLast(1).ShouldAllBe(snapshot => snapshot.FinishedAt == null && snapshot.Digest == null && !snapshot.IsFinal);
    }

    [Fact]
    public async Task Watch_NoSuchBuild_IsNullAtOnce()
    {
        await using var world = new GrainWorld();
        var host = await world.StartHostAsync();

        (await host.Build(Guid.NewGuid()).Watch(0, TimeSpan.FromSeconds(20))).ShouldBeNull();
        (await host.Build(Guid.NewGuid()).ReadLog(0, 100, TimeSpan.FromSeconds(20))).ShouldBeNull();
    }

    [Fact]
    public async Task Watch_NothingChanges_TellsTheSameAfterTheWait()
    {
        await using var world = new GrainWorld();
        var host = await world.StartHostAsync();
        var build = await host.OrderAsync(GrainWorld.Order());
        var running = await build.UntilAsync(BuildStatus.Running);

        (await build.Watch(running.Version, TimeSpan.FromMilliseconds(50))).ShouldBe(running);
    }

    [Fact]
    public async Task Start_Again_ChangesNothing()
    {
        await using var world = new GrainWorld();
        var host = await world.StartHostAsync();
        var build = await host.OrderAsync(GrainWorld.Order());
        var running = await build.UntilAsync(BuildStatus.Running);

        await build.Start(GrainWorld.Order("other"));

        (await build.Watch(0, TimeSpan.Zero)).ShouldBe(running);
        world.Launcher.Launches.ShouldBe(1);
    }

    [Fact]
    public async Task Start_OrderWithSecrets_BuilderGetsThemAndStorageDoesNot()
    {
        await using var world = new GrainWorld();
        var host = await world.StartHostAsync();
        var stored = new List<string>();
        world.Storage.BeforeWrite = (_, state) =>
        {
            lock (stored)
            {
                stored.Add(System.Text.Json.JsonSerializer.Serialize(state));
            }

            return Task.CompletedTask;
        };
        var build = await host.OrderAsync(GrainWorld.Order(access: GrainWorld.Own("anna", "hunter2"), gitPassword: "git-hunter3"));

        var attempt = await world.Launcher.NextAsync();
        attempt.Secrets.GitPassword.ShouldBe("git-hunter3");
        attempt.Secrets.Access.Additional.ShouldContainKey(TestRegistry.Host);
        attempt.Fail(FailureReason.BuildStepFailed, "no");
        await build.EndAsync();

        lock (stored)
        {
            stored.ShouldNotBeEmpty();
            stored.ShouldAllBe(json => !json.Contains("hunter") && !json.Contains(attempt.Secrets.Access.Additional[TestRegistry.Host]));
        }
    }
}
