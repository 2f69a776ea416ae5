using Grpc.Core;
using ImageBuilder.Builds;
using ImageBuilder.Contracts.V1;
using ImageBuilder.Gateway.Tests.Hosting;
using ImageBuilder.Grains.Messages;

namespace ImageBuilder.Gateway.Tests.Services.Builds;

public sealed class ChangeTests
{
    [Fact]
    public async Task CancelBuild_RunningBuild_AsksItsGrain()
    {
        await using var gateway = await GatewayHost.StartAsync();
        var build = gateway.Grains.Expect("workspace:1", "base");

        var answer = await gateway.Builds.CancelBuildAsync(new CancelBuildRequest { BuildId = build.Id.ToString(), By = "somebody" });

        (answer.BuildId, build.CancelledBy).ShouldBe((build.Id.ToString(), "somebody"));
    }

    [Fact]
    public async Task PinBuild_ThereAndBack_Told()
    {
        await using var gateway = await GatewayHost.StartAsync();
        var build = gateway.Grains.Expect("workspace:1", "base");

        (await gateway.Builds.PinBuildAsync(new PinBuildRequest { BuildId = build.Id.ToString(), Pinned = true })).Pinned.ShouldBeTrue();
        (await gateway.Builds.PinBuildAsync(new PinBuildRequest { BuildId = build.Id.ToString() })).Pinned.ShouldBeFalse();
    }

    [Fact]
    public async Task PinBuild_TooManyPins_ResourceExhausted()
    {
        await using var gateway = await GatewayHost.StartAsync();
        var build = gateway.Grains.Expect("workspace:1", "base");
        gateway.Grains.PinAnswer = _ => PinOutcome.TooMany;

        var status = await GatewayHost.FailureOf(async () => await gateway.Builds.PinBuildAsync(new PinBuildRequest { BuildId = build.Id.ToString(), Pinned = true }));

        status.StatusCode.ShouldBe(StatusCode.ResourceExhausted);
        status.Detail.ShouldContain("unpin others");
    }

    [Fact]
    public async Task PinBuild_ListedBuildThatIsNotThere_NotFoundAndLetGoAgain()
    {
        await using var gateway = await GatewayHost.StartAsync();
        var id = Guid.NewGuid();
        gateway.Grains.PinAnswer = _ => PinOutcome.Pinned;

        var status = await GatewayHost.FailureOf(async () => await gateway.Builds.PinBuildAsync(new PinBuildRequest { BuildId = id.ToString(), Pinned = true }));

        status.StatusCode.ShouldBe(StatusCode.NotFound);
        gateway.Grains.Unpinned.ShouldBe([id]);
    }

    [Fact]
    public async Task Changes_UnknownBuild_NotFound()
    {
        await using var gateway = await GatewayHost.StartAsync();
        var id = Guid.NewGuid().ToString();

        (await GatewayHost.FailureOf(async () => await gateway.Builds.CancelBuildAsync(new CancelBuildRequest { BuildId = id }))).StatusCode.ShouldBe(StatusCode.NotFound);
        (await GatewayHost.FailureOf(async () => await gateway.Builds.PinBuildAsync(new PinBuildRequest { BuildId = id, Pinned = true }))).StatusCode.ShouldBe(StatusCode.NotFound);
        (await GatewayHost.FailureOf(async () => await gateway.Builds.PinBuildAsync(new PinBuildRequest { BuildId = id }))).StatusCode.ShouldBe(StatusCode.NotFound);
    }

    [Fact]
    public async Task GetQueue_SomeRunAndSomeWait_InTheirOrder()
    {
        await using var gateway = await GatewayHost.StartAsync();
        var since = DateTimeOffset.UnixEpoch.AddSeconds(5);
        var tickets = Enumerable.Range(0, 3).Select(index => new QueueTicket(Guid.NewGuid(), $"owner{index}", BuildPriority.Background, since, since.AddSeconds(index))).ToList();
        gateway.Grains.Queue = new QueueSnapshot(4, 2, TimeSpan.FromMinutes(5), [tickets[0]], [tickets[1], tickets[2]]);

        var queue = await gateway.Builds.GetQueueAsync(new GetQueueRequest());

        (queue.Concurrency, queue.ConcurrencyPerOwner, queue.WaitingDeadline.Seconds).ShouldBe((4, 2, 300));
        queue.Running.ShouldHaveSingleItem().ShouldBe(new QueuedBuild
        {
            BuildId = tickets[0].BuildId.ToString(), Owner = "owner0", Priority = Priority.Background, Since = new() { Seconds = 5 },
        });
        queue.Waiting.Select(build => (build.Owner, build.Since.Seconds)).ShouldBe([("owner1", 6), ("owner2", 7)]);
    }
}
