using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using ImageBuilder.Contracts.V1;
using ImageBuilder.Gateway.Tests.Hosting;
using ImageBuilder.Grains;
using ImageBuilder.Grains.Messages;
using GrainReason = ImageBuilder.Builds.Lifecycle.FailureReason;
using GrainStatus = ImageBuilder.Builds.Lifecycle.BuildStatus;

namespace ImageBuilder.Gateway.Tests.Services.Builds;

public sealed class ListBuildsTests
{
    private static readonly DateTimeOffset s_start = DateTimeOffset.UnixEpoch.AddSeconds(1_700_000_000);

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(1000)]
    public async Task ListBuilds_PageByPage_AllOnceNewestFirst(int pageSize)
    {
        await using var gateway = await GatewayHost.StartAsync();
        gateway.Grains.Ended = [.. Enumerable.Range(0, 60).Select(Entry)];
        var running = Enumerable.Range(60, 8).Select(index => Run(gateway, index)).ToList();

        var (builds, sizes) = await ListAsync(gateway, new ListBuildsRequest { PageSize = pageSize });

        builds.Select(build => build.BuildId).ShouldBe(gateway.Grains.Ended.Select(entry => entry.Id).Concat(running).Reverse().Select(id => id.ToString()));
        sizes.SkipLast(1).ShouldAllBe(size => size == pageSize);
    }

    [Fact]
    public async Task ListBuilds_NoPageSize_Fifty()
    {
        await using var gateway = await GatewayHost.StartAsync();
        gateway.Grains.Ended = [.. Enumerable.Range(0, 60).Select(Entry)];

        var page = await gateway.Builds.ListBuildsAsync(new ListBuildsRequest());

        page.Builds.Count.ShouldBe(50);
        page.NextPageToken.ShouldNotBeEmpty();
    }

    [Fact]
    public async Task ListBuilds_PartsOfTheHistoryCannotBeRead_SaysHowManyBuildsMayBeMissing()
    {
        await using var gateway = await GatewayHost.StartAsync();
        gateway.Grains.Ended = [Entry(1)];
        gateway.Grains.Unreadable = 3;

        var page = await gateway.Builds.ListBuildsAsync(new ListBuildsRequest());

        (page.Builds.Count, page.Unreadable).ShouldBe((1, 3 * DirectoryShards.Count));
    }

    [Fact]
    public async Task ListBuilds_EndedBuild_AsItEndedWithoutItsLastLines()
    {
        await using var gateway = await GatewayHost.StartAsync();
        var entry = Entry(1) with
        {
            Status = GrainStatus.Failed,
            Reason = GrainReason.BuildStepFailed,
            Message = "step 3 failed",
            Attempt = 2,
            Version = 9,
            Pinned = true,
            UpdatedAt = s_start.AddSeconds(5),
            StartedAt = s_start.AddSeconds(3),
            Deadline = s_start.AddHours(1),
        };
        gateway.Grains.Ended = [entry];

        var build = (await gateway.Builds.ListBuildsAsync(new ListBuildsRequest())).Builds.ShouldHaveSingleItem();

        (build.Status, build.Attempt, build.Version, build.Pinned).ShouldBe((BuildStatus.Failed, 2, 9, true));
        build.Failure.ShouldBe(new Failure { Reason = FailureReason.BuildStepFailed, Message = "step 3 failed" });
        (build.StartTime, build.EndTime, build.UpdateTime).ShouldBe((entry.StartedAt.Value.ToTimestamp(), entry.FinishedAt!.Value.ToTimestamp(), entry.UpdatedAt.ToTimestamp()));
    }

    [Fact]
    public async Task ListBuilds_RunningBuilds_StandWhereTheirGrainsSay()
    {
        await using var gateway = await GatewayHost.StartAsync();
        var ids = Enumerable.Range(0, 30).Select(index => Run(gateway, index)).ToList();
        foreach (var id in ids.Where((_, index) => index % 10 == 0))
        {
            gateway.Grains.Builds[id].Move(GrainStatus.Running);
        }

        var launched = await ListAsync(gateway, new ListBuildsRequest { PageSize = 2, Filter = new Filter { Statuses = { BuildStatus.Running } } });
        var queued = await ListAsync(gateway, new ListBuildsRequest { PageSize = 20, Filter = new Filter { Statuses = { BuildStatus.Queued } } });

        launched.Builds.Select(build => build.BuildId).ShouldBe([ids[20].ToString(), ids[10].ToString(), ids[0].ToString()]);
        launched.Sizes[0].ShouldBe(2);
        queued.Builds.Count.ShouldBe(27);
    }

    [Fact]
    public async Task ListBuilds_ListedBuildThatIsNotThere_LeftOut()
    {
        await using var gateway = await GatewayHost.StartAsync();
        gateway.Grains.Running = [Entry(1) with { FinishedAt = null }];

        (await gateway.Builds.ListBuildsAsync(new ListBuildsRequest())).Builds.ShouldBeEmpty();
    }

    [Fact]
    public async Task ListBuilds_Filter_ReachesTheShards()
    {
        await using var gateway = await GatewayHost.StartAsync();
        gateway.Grains.Ended = [.. Enumerable.Range(0, 100).Select(index => Entry(index) with { Owner = $"owner{index % 3}", Reason = GrainReason.Timeout, Status = GrainStatus.TimedOut })];
        var filter = new Filter
        {
            Owner = "owner1",
            Ref = "base",
            Statuses = { BuildStatus.TimedOut },
            Reasons = { FailureReason.Timeout },
            CreatedFrom = s_start.AddSeconds(10).ToTimestamp(),
            CreatedBefore = s_start.AddSeconds(40).ToTimestamp(),
        };

        var (builds, _) = await ListAsync(gateway, new ListBuildsRequest { Filter = filter, PageSize = 3 });

        builds.Select(build => build.WorkspaceRef).ShouldBe(Enumerable.Range(10, 30).Where(index => index % 3 == 1).Reverse().Select(index => $"workspace:{index}"));
        (await gateway.Builds.ListBuildsAsync(new ListBuildsRequest { Filter = new Filter { Ref = "bas" } })).Builds.ShouldBeEmpty();
    }

    [Fact]
    public async Task ListBuilds_TokenOfAnotherFilterOrTamperedWith_InvalidArgument()
    {
        await using var gateway = await GatewayHost.StartAsync();
        gateway.Grains.Ended = [.. Enumerable.Range(0, 9).Select(Entry)];
        var token = (await gateway.Builds.ListBuildsAsync(new ListBuildsRequest { PageSize = 3 })).NextPageToken;

        await ShouldRefuseAsync(new ListBuildsRequest { PageToken = token, Filter = new Filter { Owner = "x" } });
        await ShouldRefuseAsync(new ListBuildsRequest { PageToken = token[1..] });
        await ShouldRefuseAsync(new ListBuildsRequest { PageToken = "?" + token[1..] });
        for (var index = 0; index < token.Length; index++)
        {
            var other = token.ToCharArray();
            other[index] = other[index] == 'A' ? 'Q' : 'A';
            await ShouldRefuseAsync(new ListBuildsRequest { PageToken = new string(other) });
        }

        async Task ShouldRefuseAsync(ListBuildsRequest request)
        {
            var status = await GatewayHost.FailureOf(async () => await gateway.Builds.ListBuildsAsync(request));
            (status.StatusCode, status.Detail).ShouldBe((StatusCode.InvalidArgument, "page_token: must be the next_page_token of a page with the same filter"));
        }
    }

    private static DirectoryEntry Entry(int index) => new(
        Guid.NewGuid(), $"workspace:{index}", "base", "owner", s_start.AddSeconds(index), GrainStatus.Succeeded, s_start.AddSeconds(index + 100));

    private static Guid Run(GatewayHost gateway, int index)
    {
        var build = gateway.Grains.Expect($"workspace:{index}", "base");
        build.Change(snapshot => snapshot with { CreatedAt = s_start.AddSeconds(index) });
        gateway.Grains.Running = gateway.Grains.Running.Add(Entry(index) with { Id = build.Id, FinishedAt = null, Status = GrainStatus.Queued });
        return build.Id;
    }

    private static async Task<(List<Build> Builds, List<int> Sizes)> ListAsync(GatewayHost gateway, ListBuildsRequest request)
    {
        var builds = new List<Build>();
        var sizes = new List<int>();
        do
        {
            var page = await gateway.Builds.ListBuildsAsync(request);
            builds.AddRange(page.Builds);
            sizes.Add(page.Builds.Count);
            request.PageToken = page.NextPageToken;
        }
        while (request.PageToken.Length > 0);
        return (builds, sizes);
    }
}
