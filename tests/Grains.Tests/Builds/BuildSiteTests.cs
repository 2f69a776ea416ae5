using ImageBuilder.Builds.Lifecycle;
using ImageBuilder.Grains.Tests.Hosting;
using Microsoft.Extensions.DependencyInjection;

namespace ImageBuilder.Grains.Tests.Builds;

/// <summary>Builds of several silos, of which one takes over what another had.</summary>
public sealed class BuildSiteTests
{
    [Fact]
    public async Task TakeUp_SiloOfTheBuilderIsGone_BuildIsBegunAnewAndItsLogGoesOn()
    {
        await using var world = new GrainWorld();
        var (id, _) = await StartAsync(world, new TestSites("a", "1"));

        await using var host = await HostAsync(world, new TestSites("b", "1"));
        await host.TakeUpAsync();
        var second = await world.Launcher.NextAsync();
        second.Write("again\n");
        world.Registry.Put("workspace:w");
        second.Succeed();

        var ended = await host.Build(id).EndAsync();
        ended.Status.ShouldBe(BuildStatus.Succeeded);
        ended.Attempt.ShouldBe(2);
        (await host.Build(id).ReadLogTextAsync()).ShouldBe("begun\nthe builder was lost with a; trying once more\nagain\n");
        world.Launcher.Reattached.ShouldBeEmpty();
    }

    [Fact]
    public async Task TakeUp_SiloOfTheBuilderIsAlive_BuildIsLeftToIt()
    {
        await using var world = new GrainWorld();
        var (id, attempt) = await StartAsync(world, new TestSites("a", "1"));
        var sites = new TestSites("b", "1") { Alive = { "a" } };

        await using (var other = await HostAsync(world, sites))
        {
            await other.TakeUpAsync();
            (await other.Build(id).TakeUp())!.Status.ShouldBe(BuildStatus.Running);
        }

        world.Launcher.Launches.ShouldBe(1);
        world.Launcher.Reattached.ShouldBeEmpty();
        attempt.Cancels.ShouldBe(0);
        await using var host = await HostAsync(world, new TestSites("a", "1"));
        await host.TakeUpAsync();
        world.Registry.Put("workspace:w");
        attempt.Succeed();
        (await host.Build(id).EndAsync()).Attempt.ShouldBe(1);
    }

    [Fact]
    public async Task TakeUp_SiloIsLostAgainAndAgain_BuildEndsAfterFiveAttempts()
    {
        await using var world = new GrainWorld();
        var (id, _) = await StartAsync(world, new TestSites("a", "0"));
        for (var loss = 1; loss <= AttemptPolicy.MaxLostWithSite + 1; loss++)
        {
            await using var next = await HostAsync(world, new TestSites($"a{loss}", "0"));
            await next.TakeUpAsync();
            (await world.Launcher.NextAsync()).Write("begun\n");
            await next.Build(id).UntilAsync(BuildStatus.Running);
        }

        await using var host = await HostAsync(world, new TestSites("z", "0"));
        await host.TakeUpAsync();

        var ended = await host.Build(id).EndAsync();
        ended.Failure!.Reason.ShouldBe(FailureReason.BuilderLost);
        ended.Attempt.ShouldBe(AttemptPolicy.MaxAttempts + AttemptPolicy.MaxLostWithSite);
    }

    [Fact]
    public async Task TakeUp_LaterRunOfTheSameSilo_BuilderThatEndedWithTheEarlierIsNotCountedAgainstTheBuild()
    {
        await using var world = new GrainWorld();
        var (id, attempt) = await StartAsync(world, new TestSites("a", "1"));
        attempt.Fail(FailureReason.BuilderLost, "the builder was lost");

        await using var host = await HostAsync(world, new TestSites("a", "2"));
        await host.TakeUpAsync();
        (await world.Launcher.NextAsync()).Fail(FailureReason.BuilderLost, "the builder was lost");
        var third = await world.Launcher.NextAsync();
        world.Registry.Put("workspace:w");
        third.Succeed();

        (await host.Build(id).EndAsync()).Attempt.ShouldBe(3);
    }

    [Fact]
    public async Task Stop_SiloLeavesTheCluster_EndsItsBuilders()
    {
        await using var world = new GrainWorld();
        var sites = new TestSites("a", "1");
        await using var host = await HostAsync(world, sites);
        await host.OrderAsync(GrainWorld.Order());
        var attempt = await world.Launcher.NextAsync();

        sites.TakesBuilds = false;
        await host.StopAsync();

        attempt.Cancels.ShouldBe(1);
    }

    [Fact]
    public async Task Order_SiloIsAboutToStop_BuildWaitsForAnother()
    {
        await using var world = new GrainWorld();
        await using (var leaving = await HostAsync(world, new TestSites("a", "1") { TakesBuilds = false }))
        {
            var build = await leaving.OrderAsync(GrainWorld.Order());
            (await build.TakeUp())!.Status.ShouldBe(BuildStatus.Queued);
        }

        world.Launcher.Launches.ShouldBe(0);
        await using var host = await HostAsync(world, new TestSites("b", "1"));
        await host.TakeUpAsync();
        await world.Launcher.NextAsync();
    }

    private static async Task<(Guid Id, ScriptedAttempt Attempt)> StartAsync(GrainWorld world, TestSites sites)
    {
        await using var host = await HostAsync(world, sites);
        var order = GrainWorld.Order();
        var id = (await host.Image(order.WorkspaceRef).Build(order)).BuildId;
        var attempt = await world.Launcher.NextAsync();
        attempt.Write("begun\n");
        await host.Build(id).ReadLogUntilAsync(6);
        return (id, attempt);
    }

    private static Task<GrainHost> HostAsync(GrainWorld world, TestSites sites)
    {
        world.ReopenLogs();
        return GrainHost.StartAsync(world, services => services.AddSingleton<IBuildSites>(sites));
    }
}
