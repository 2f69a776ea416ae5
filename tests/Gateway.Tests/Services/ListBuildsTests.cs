using ImageBuilder.Contracts;
using ImageBuilder.Gateway.Tests.Hosting;
using ImageBuilder.Grains.Messages;
using GrainStatus = ImageBuilder.Builds.Lifecycle.BuildStatus;

namespace ImageBuilder.Gateway.Tests.Services;

public sealed class ListBuildsTests
{
    [Fact]
    public async Task ListBuilds_None_Empty()
    {
        await using var gateway = await GatewayHost.StartAsync();

        (await gateway.Client.ListBuildsAsync(new ListBuildsRequest())).Builds.ShouldBeEmpty();
    }

    [Fact]
    public async Task ListBuilds_OverAllShards_OldestFirstAndRunning()
    {
        await using var gateway = await GatewayHost.StartAsync();
        var entries = Enumerable.Range(0, 50).Select(index => new DirectoryEntry(
            Guid.NewGuid(), $"workspace:{index}", $"base:{index}", "owner", DateTimeOffset.UnixEpoch.AddSeconds(1_000 - index), GrainStatus.Running, null)).ToArray();
        gateway.Grains.Running = [.. entries];

        var builds = (await gateway.Client.ListBuildsAsync(new ListBuildsRequest())).Builds;

        builds.ShouldBe(entries.Reverse().Select(entry => new BuildInfo
        {
            BuildId = entry.Id.ToString(),
            Ref = entry.WorkspaceRef,
            BaseRef = entry.BaseRef,
            Status = BuildStatus.Running,
            StartedAt = entry.CreatedAt.ToUnixTimeSeconds(),
        }));
        builds.ShouldAllBe(build => build.LogInfo == null);
    }

    /// <summary>The directory hears of the end after those who follow the build.</summary>
    [Fact]
    public async Task ListBuilds_EndIsToldAndNotListedYet_IsLeftOut()
    {
        await using var gateway = await GatewayHost.StartAsync();
        FakeBuild[] builds = [gateway.Grains.Expect("workspace:0", "base:0"), gateway.Grains.Expect("workspace:1", "base:1")];
        gateway.Grains.Running = [.. builds.Select(build => new DirectoryEntry(
            build.Id, "workspace", "base", "owner", DateTimeOffset.UnixEpoch, GrainStatus.Running, null))];
        builds[0].Move(GrainStatus.Running);
        builds[1].Move(GrainStatus.Succeeded);

        var listed = (await gateway.Client.ListBuildsAsync(new ListBuildsRequest())).Builds;

        listed.ShouldHaveSingleItem().BuildId.ShouldBe(builds[0].Id.ToString());
    }
}
