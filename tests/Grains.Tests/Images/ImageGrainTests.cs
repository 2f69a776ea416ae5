using System.Diagnostics;
using System.Threading.Channels;
using ImageBuilder.Builds.Lifecycle;
using ImageBuilder.Builds.Queue;
using ImageBuilder.Grains.Messages;
using ImageBuilder.Grains.Tests.Hosting;
using ImageBuilder.Registry.Names;

namespace ImageBuilder.Grains.Tests.Images;

public sealed class ImageGrainTests
{
    // The machine may let nobody run for a while between the first who is told and the last, but not each time.
    private const int Rounds = 3;

    [Fact]
    public async Task Build_ThousandOrdersAtOnceAThirdOfThemForced_LaunchOnceAndAllAreToldTogether()
    {
        var areToldTogether = false;
        for (var round = 0; round < Rounds && !areToldTogether; round++)
        {
            areToldTogether = await BuildThousandAsync();
        }

        areToldTogether.ShouldBeTrue();
    }

    /// <summary>Whether all are told the end within a second, or, where that takes longer, in less time than it takes to order.</summary>
    private static async Task<bool> BuildThousandAsync()
    {
        await using var world = new GrainWorld();
        var host = await world.StartHostAsync();

        var began = Stopwatch.GetTimestamp();
        var orders = Enumerable.Range(0, 1_000).Select(async index =>
        {
            var order = GrainWorld.Order(force: index % 3 == 0);
            return await host.Image(order.WorkspaceRef).Build(order);
        });
        var tickets = await Task.WhenAll(orders);
        var ordered = Stopwatch.GetElapsedTime(began);
        tickets.Select(ticket => ticket.BuildId).Distinct().Count().ShouldBe(1);
        tickets.Count(ticket => !ticket.Joined).ShouldBe(1);

        var followers = tickets.Select(async ticket => (End: await host.Build(ticket.BuildId).EndAsync(), At: Stopwatch.GetTimestamp())).ToList();
        var attempt = await world.Launcher.NextAsync();
        attempt.Id.BuildId.ShouldBe(tickets[0].BuildId);
        world.Registry.Put("workspace:w");
        attempt.Succeed();
        var ends = await Task.WhenAll(followers);

        ends.ShouldAllBe(follower => follower.End.Status == BuildStatus.Succeeded);
        world.Launcher.Launches.ShouldBe(1);
        var spread = Stopwatch.GetElapsedTime(ends.Min(follower => follower.At), ends.Max(follower => follower.At));
        return spread < TimeSpan.FromSeconds(1) || spread < ordered;
    }

    [Fact]
    public async Task Build_AfterTheEndWithImageThere_JoinsTheBuildThatMadeIt()
    {
        await using var world = new GrainWorld();
        var host = await world.StartHostAsync();
        var made = await BuildAsync(world, host);

        var ticket = await host.Image(GrainWorld.Order().WorkspaceRef).Build(GrainWorld.Order());

        ticket.ShouldBe(new BuildTicket(made, Joined: true));
        world.Launcher.Launches.ShouldBe(1);
    }

    [Fact]
    public async Task Build_TwoHundredOrdersAfterTheEnd_ShareTheRequestsForTheImage()
    {
        await using var world = new GrainWorld();
        var host = await world.StartHostAsync();
        var made = await BuildAsync(world, host);
        var image = host.Image(GrainWorld.Order().WorkspaceRef);
        var requests = Channel.CreateUnbounded<TaskCompletionSource>();
        world.Registry.OnManifest = async (_, cancellationToken) =>
        {
            var answer = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            requests.Writer.TryWrite(answer);
            await answer.Task.WaitAsync(cancellationToken);
            return null;
        };

        var orders = Task.WhenAll(Enumerable.Range(0, 200).Select(_ => image.Build(GrainWorld.Order())));
        var answered = 0;
        for (var request = requests.Reader.ReadAsync().AsTask(); await Task.WhenAny(request, orders).WaitAsync(Patience.Limit) == request; answered++)
        {
            // While one request is under way the orders behind it come as far as they get.
            for (var i = 0; i < 50; i++)
            {
                await image.GetLatestBuild().WaitAsync(Patience.Limit);
            }

            (await request).SetResult();
            request = requests.Reader.ReadAsync().AsTask();
        }

        (await orders).ShouldAllBe(ticket => ticket == new BuildTicket(made, true));
        answered.ShouldBeLessThan(10);
    }

    [Fact]
    public async Task Build_TwoHundredOrdersAfterTheEndWithImageGone_StartOneBuild()
    {
        await using var world = new GrainWorld();
        var host = await world.StartHostAsync();
        var made = await BuildAsync(world, host);
        world.Registry.Remove("workspace:w");

        var tickets = await Task.WhenAll(Enumerable.Range(0, 200).Select(_ => host.Image(GrainWorld.Order().WorkspaceRef).Build(GrainWorld.Order())));

        tickets.Select(ticket => ticket.BuildId).Distinct().ShouldHaveSingleItem().ShouldNotBe(made);
        tickets.Count(ticket => !ticket.Joined).ShouldBe(1);
    }

    [Fact]
    public async Task Build_AfterTheEndWithForce_StartsAnother()
    {
        await using var world = new GrainWorld();
        var host = await world.StartHostAsync();
        var made = await BuildAsync(world, host);

        var ticket = await host.Image(GrainWorld.Order().WorkspaceRef).Build(GrainWorld.Order(force: true));

        ticket.Joined.ShouldBeFalse();
        ticket.BuildId.ShouldNotBe(made);
        (await world.Launcher.NextAsync()).Order.NoCache.ShouldBeTrue();
    }

    [Fact]
    public async Task Build_AfterTheEndWithImageGone_StartsAnother()
    {
        await using var world = new GrainWorld();
        var host = await world.StartHostAsync();
        var made = await BuildAsync(world, host);
        world.Registry.Remove("workspace:w");

        var ticket = await host.Image(GrainWorld.Order().WorkspaceRef).Build(GrainWorld.Order());

        ticket.Joined.ShouldBeFalse();
        ticket.BuildId.ShouldNotBe(made);
    }

    [Fact]
    public async Task Build_AfterAFailure_StartsAnother()
    {
        await using var world = new GrainWorld();
        var host = await world.StartHostAsync();
        var first = await host.OrderAsync(GrainWorld.Order());
        (await world.Launcher.NextAsync()).Fail(FailureReason.BuildStepFailed, "build failed: RUN false");
        await first.EndAsync();
        world.Registry.Put("workspace:w");

        var ticket = await host.Image(GrainWorld.Order().WorkspaceRef).Build(GrainWorld.Order());

        ticket.Joined.ShouldBeFalse();
    }

    [Fact]
    public async Task Build_OtherImages_AreBuiltBesideEachOther()
    {
        await using var world = new GrainWorld();
        world.QueueLimits.Change(new QueueLimits { Concurrency = 20 });
        var host = await world.StartHostAsync();

        var tickets = await Task.WhenAll(Enumerable.Range(0, 20).Select(index =>
            host.Image(GrainWorld.Order($"t{index}").WorkspaceRef).Build(GrainWorld.Order($"t{index}"))));

        tickets.Select(ticket => ticket.BuildId).Distinct().Count().ShouldBe(20);
        foreach (var _ in tickets)
        {
            (await world.Launcher.NextAsync()).Order.WorkspaceRef.ShouldStartWith($"{TestRegistry.Host}/workspace:t");
        }
    }

    [Fact]
    public async Task Build_FirstStartCouldNotBeStored_TheSameOrderPutAgainRunsUnderTheSameId()
    {
        await using var world = new GrainWorld();
        var host = await world.StartHostAsync();
        var failures = 1;
        world.Storage.BeforeWrite = (name, _) => name == "build" && Interlocked.Decrement(ref failures) >= 0
            ? throw new IOException("disk full")
            : Task.CompletedTask;
        await Should.ThrowAsync<Exception>(() => host.Image(GrainWorld.Order().WorkspaceRef).Build(GrainWorld.Order()));

        var ticket = await host.Image(GrainWorld.Order().WorkspaceRef).Build(GrainWorld.Order());

        (await world.Launcher.NextAsync()).Id.BuildId.ShouldBe(ticket.BuildId);
        (await host.ListRunningAsync()).ShouldHaveSingleItem().Id.ShouldBe(ticket.BuildId);
    }

    [Fact]
    public async Task GetLatestBuild_NeverBuilt_IsNull()
    {
        await using var world = new GrainWorld();
        var host = await world.StartHostAsync();

        (await host.Image("registry.test/workspace:none").GetLatestBuild()).ShouldBeNull();
    }

    [Fact]
    public async Task GetLatestBuild_RunningAndEnded_IsTheBuild()
    {
        await using var world = new GrainWorld();
        var host = await world.StartHostAsync();
        var order = GrainWorld.Order();
        var build = await host.OrderAsync(order);
        (await host.Image(order.WorkspaceRef).GetLatestBuild()).ShouldBe(build.GetPrimaryKey());

        (await world.Launcher.NextAsync()).Fail(FailureReason.OutOfDisk, "no room");
        await build.EndAsync();

        (await host.Image(order.WorkspaceRef).GetLatestBuild()).ShouldBe(build.GetPrimaryKey());
    }

    private static async Task<Guid> BuildAsync(GrainWorld world, GrainHost host)
    {
        var build = await host.OrderAsync(GrainWorld.Order());
        world.Registry.Put("workspace:w");
        (await world.Launcher.NextAsync()).Succeed();
        (await build.EndAsync()).Status.ShouldBe(BuildStatus.Succeeded);
        return build.GetPrimaryKey();
    }
}
