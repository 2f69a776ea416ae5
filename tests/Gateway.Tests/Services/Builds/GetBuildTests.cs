using Grpc.Core;
using ImageBuilder.Builds;
using ImageBuilder.Contracts.V1;
using ImageBuilder.Gateway.Tests.Hosting;
using ImageBuilder.Grains;
using ImageBuilder.Grains.Messages;
using GrainReason = ImageBuilder.Builds.Lifecycle.FailureReason;
using GrainStatus = ImageBuilder.Builds.Lifecycle.BuildStatus;

namespace ImageBuilder.Gateway.Tests.Services.Builds;

public sealed class GetBuildTests
{
    private const string WorkspaceRef = "workspace.test/workspace:1";

    [Fact]
    public async Task AnyCall_StateCannotBeRead_DataLossThatSaysWhichAndWhatToDo()
    {
        await using var gateway = await GatewayHost.StartAsync();
        var id = gateway.Grains.Expect(WorkspaceRef, "base").Id.ToString();
        gateway.Grains.BeforeCall = _ => throw new UnreadableStateException("/data/state/build/1.json: the file is empty. Restore it", null);

        foreach (var call in (Func<Task>[])
        [
            () => gateway.Builds.GetBuildAsync(new GetBuildRequest { BuildId = id }).ResponseAsync,
            () => GatewayHost.AllAsync(gateway.Builds.WatchBuild(new WatchBuildRequest { BuildId = id })),
            () => GatewayHost.AllAsync(gateway.Builds.ReadLog(new ReadLogRequest { BuildId = id })),
            () => gateway.LogsAsync(new Contracts.LogsRequest { BuildRef = WorkspaceRef }),
        ])
        {
            var status = await GatewayHost.FailureOf(call);

            status.StatusCode.ShouldBe(StatusCode.DataLoss);
            status.Detail.ShouldContain("/data/state/build/1.json: the file is empty. Restore it");
        }
    }

    [Fact]
    public async Task GetBuild_ByIdOrRef_TheWholeBuild()
    {
        await using var gateway = await GatewayHost.StartAsync();
        var build = gateway.Grains.Expect(WorkspaceRef, "base");
        var start = DateTimeOffset.UnixEpoch.AddSeconds(1_700_000_010);
        build.Change(snapshot => snapshot with
        {
            Status = GrainStatus.Failed,
            Attempt = 2,
            Priority = BuildPriority.Background,
            StartedAt = start,
            UpdatedAt = start.AddSeconds(2),
            FinishedAt = start.AddSeconds(1),
            Deadline = start.AddHours(1),
            CancelRequested = true,
            Pinned = true,
            Failure = new BuildFailureMessage(GrainReason.OutOfDisk, "no room", ["one", "two"]),
        });

        var byId = await gateway.Builds.GetBuildAsync(new GetBuildRequest { BuildId = build.Id.ToString() });
        var byRef = await gateway.Builds.GetBuildAsync(new GetBuildRequest { WorkspaceRef = WorkspaceRef });

        byRef.ShouldBe(byId);
        (byId.BuildId, byId.Version, byId.Status, byId.Owner, byId.Attempt).ShouldBe((build.Id.ToString(), 2, BuildStatus.Failed, "owner", 2));
        (byId.WorkspaceRef, byId.BaseRef, byId.Digest, byId.Priority).ShouldBe((WorkspaceRef, "base", "", Priority.Background));
        (byId.CreateTime.Seconds, byId.StartTime.Seconds, byId.EndTime.Seconds, byId.UpdateTime.Seconds).ShouldBe((1_700_000_000, 1_700_000_010, 1_700_000_011, 1_700_000_012));
        byId.Deadline.ToDateTimeOffset().ShouldBe(start.AddHours(1));
        (byId.CancelRequested, byId.Pinned, byId.HasBuildsAhead).ShouldBe((true, true, false));
        byId.Failure.ShouldBe(new Failure { Reason = FailureReason.OutOfDisk, Message = "no room", LastLogLines = { "one", "two" } });
    }

    [Fact]
    public async Task GetBuild_QueuedBuild_HasWhatIsAheadAndNoFailure()
    {
        await using var gateway = await GatewayHost.StartAsync();
        var build = gateway.Grains.Expect(WorkspaceRef, "base");
        build.Change(snapshot => snapshot with { BuildsAhead = 0 });

        var answer = await gateway.Builds.GetBuildAsync(new GetBuildRequest { BuildId = build.Id.ToString() });

        (answer.Status, answer.HasBuildsAhead, answer.BuildsAhead, answer.Failure, answer.StartTime, answer.EndTime).ShouldBe((BuildStatus.Queued, true, 0, null, null, null));
    }

    [Theory]
    [InlineData("7c9e6679-7425-40de-944b-e07fc1f90ae7", null)]
    [InlineData(null, "workspace.test/workspace:unknown")]
    public async Task GetBuild_Unknown_NotFound(string? id, string? reference)
    {
        await using var gateway = await GatewayHost.StartAsync();
        var request = id is not null ? new GetBuildRequest { BuildId = id } : new GetBuildRequest { WorkspaceRef = reference };

        (await GatewayHost.FailureOf(async () => await gateway.Builds.GetBuildAsync(request))).StatusCode.ShouldBe(StatusCode.NotFound);
    }

    [Fact]
    public async Task GetBuild_SilosAreLost_TriedAgainThenUnavailable()
    {
        await using var gateway = await GatewayHost.StartAsync();
        var build = gateway.Grains.Expect(WorkspaceRef, "base");
        var calls = 0;
        gateway.Grains.BeforeCall = _ => ++calls == 1 ? throw new TimeoutException("no answer") : Task.CompletedTask;

        (await gateway.Builds.GetBuildAsync(new GetBuildRequest { BuildId = build.Id.ToString() })).BuildId.ShouldBe(build.Id.ToString());

        gateway.Grains.BeforeCall = _ => throw new InvalidDataException("the state file is broken");
        var status = await GatewayHost.FailureOf(async () => await gateway.Builds.GetBuildAsync(new GetBuildRequest { BuildId = build.Id.ToString() }));
        (status.StatusCode, status.Detail).ShouldBe((StatusCode.Internal, "the service cannot answer: the state file is broken"));
    }

    [Fact]
    public void Enumerations_OfTheApi_AreThoseOfTheDomain()
    {
        NamesOf<BuildStatus>().ShouldBe(Enum.GetNames<GrainStatus>());
        NamesOf<FailureReason>().ShouldBe(Enum.GetNames<GrainReason>());
        NamesOf<Priority>().ShouldBe(Enum.GetNames<BuildPriority>());

        // In the order of their numbers, without the first, which stands for "not given".
        static IEnumerable<string> NamesOf<T>()
            where T : struct, Enum => Enum.GetValues<T>().OrderBy(value => Convert.ToInt32(value, null)).Skip(1).Select(value => value.ToString());
    }
}
