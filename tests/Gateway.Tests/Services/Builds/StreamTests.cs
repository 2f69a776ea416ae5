using Grpc.Core;
using ImageBuilder.Contracts.V1;
using ImageBuilder.Gateway.Tests.Hosting;
using GrainReason = ImageBuilder.Builds.Lifecycle.FailureReason;
using GrainStatus = ImageBuilder.Builds.Lifecycle.BuildStatus;

namespace ImageBuilder.Gateway.Tests.Services.Builds;

public sealed class StreamTests
{
    private const string WorkspaceRef = "workspace.test/workspace:1";

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    [InlineData(4)]
    public async Task WatchBuild_FinishedBuild_EveryVersionAfterTheGivenThenEnds(int after)
    {
        await using var gateway = await GatewayHost.StartAsync();
        var build = Finished(gateway);

        var versions = await GatewayHost.AllAsync(gateway.Builds.WatchBuild(new WatchBuildRequest { BuildId = build.Id.ToString(), AfterVersion = after }));

        versions.Select(version => version.Version).ShouldBe(Enumerable.Range(after + 1, 4 - after).Select(version => (long)version));
        versions.Select(version => version.Status).ShouldBe(
            new[] { BuildStatus.Queued, BuildStatus.Launching, BuildStatus.Running, BuildStatus.Failed }.Skip(after));
    }

    [Fact]
    public async Task WatchBuild_VersionThatNeverComes_EndsWithTheBuild()
    {
        await using var gateway = await GatewayHost.StartAsync();

        (await GatewayHost.AllAsync(gateway.Builds.WatchBuild(new WatchBuildRequest { BuildId = Finished(gateway).Id.ToString(), AfterVersion = 99 }))).ShouldBeEmpty();
    }

    [Fact]
    public async Task WatchBuild_RunningBuild_EachVersionAsItComes()
    {
        await using var gateway = await GatewayHost.StartAsync();
        var build = gateway.Grains.Expect(WorkspaceRef, "base");
        using var call = gateway.Builds.WatchBuild(new WatchBuildRequest { BuildId = build.Id.ToString() });

        (await NextAsync(call))!.Status.ShouldBe(BuildStatus.Queued);
        build.Move(GrainStatus.Launching);
        (await NextAsync(call))!.Status.ShouldBe(BuildStatus.Launching);
        build.Move(GrainStatus.Running);
        build.Move(GrainStatus.Verifying);
        build.Move(GrainStatus.Succeeded);
        (await NextAsync(call))!.Status.ShouldBe(BuildStatus.Running);
        (await NextAsync(call))!.Status.ShouldBe(BuildStatus.Verifying);
        (await NextAsync(call))!.Status.ShouldBe(BuildStatus.Succeeded);
        (await NextAsync(call)).ShouldBeNull();
    }

    [Fact]
    public async Task WatchBuild_SiloIsLostNowAndThen_NoVersionIsMissingOrTwice()
    {
        await using var gateway = await GatewayHost.StartAsync();
        var build = Finished(gateway);
        var calls = 0;
        gateway.Grains.BeforeCall = _ => Interlocked.Increment(ref calls) % 2 == 1 ? throw new TimeoutException("no answer") : Task.CompletedTask;

        var versions = await GatewayHost.AllAsync(gateway.Builds.WatchBuild(new WatchBuildRequest { BuildId = build.Id.ToString() }));

        versions.Select(version => version.Version).ShouldBe([1, 2, 3, 4]);
    }

    [Fact]
    public async Task Streams_UnknownBuild_NotFound()
    {
        await using var gateway = await GatewayHost.StartAsync();
        var id = Guid.NewGuid().ToString();

        (await GatewayHost.FailureOf(() => GatewayHost.AllAsync(gateway.Builds.WatchBuild(new WatchBuildRequest { BuildId = id })))).StatusCode.ShouldBe(StatusCode.NotFound);
        (await GatewayHost.FailureOf(() => GatewayHost.AllAsync(gateway.Builds.ReadLog(new ReadLogRequest { BuildId = id })))).StatusCode.ShouldBe(StatusCode.NotFound);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Streams_ServiceStops_Unavailable(bool log)
    {
        await using var gateway = await GatewayHost.StartAsync();
        var build = gateway.Grains.Expect(WorkspaceRef, "base");
        build.Write("one\n");
        using var watch = gateway.Builds.WatchBuild(new WatchBuildRequest { BuildId = build.Id.ToString() });
        using var read = gateway.Builds.ReadLog(new ReadLogRequest { BuildId = build.Id.ToString(), Follow = true });
        Func<Task<bool>> next = log ? () => read.ResponseStream.MoveNext(default) : () => watch.ResponseStream.MoveNext(default);
        (await next().WaitAsync(GatewayHost.Patience)).ShouldBeTrue();

        var stopping = gateway.StopAsync();

        (await GatewayHost.FailureOf(() => next().WaitAsync(GatewayHost.Patience))).StatusCode.ShouldBe(StatusCode.Unavailable);
        await stopping;
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(300_000)]
    public async Task ReadLog_FinishedBuildFromAnOffset_TheRestThenEnds(int offset)
    {
        await using var gateway = await GatewayHost.StartAsync();
        var build = gateway.Grains.Expect(WorkspaceRef, "base");
        var text = string.Concat(Enumerable.Range(0, 60_000).Select(line => $"line {line}\n"));
        build.Write(text);
        build.Move(GrainStatus.Succeeded);

        foreach (var follow in new[] { false, true })
        {
            var parts = await ReadAsync(gateway, build, offset, follow);

            string.Concat(parts.Select(part => part.Content.ToStringUtf8())).ShouldBe(text[offset..]);
            parts.Select(part => part.Offset).ShouldBe(parts.SkipLast(1).Select(part => part.NextOffset).Prepend(offset));
            parts.Select(part => part.End).ShouldBe(parts.Select((_, index) => index == parts.Count - 1));
            parts[^1].NextOffset.ShouldBe(text.Length);
            parts.ShouldAllBe(part => part.Content.Length <= 16_000);
        }
    }

    [Fact]
    public async Task ReadLog_RunningBuildNotFollowed_EndsWhereTheLogIs()
    {
        await using var gateway = await GatewayHost.StartAsync();
        var build = gateway.Grains.Expect(WorkspaceRef, "base");
        (await ReadAsync(gateway, build, 0, follow: false)).ShouldBeEmpty();
        build.Write("one\n");

        var part = (await ReadAsync(gateway, build, 0, follow: false)).ShouldHaveSingleItem();

        (part.Content.ToStringUtf8(), part.NextOffset, part.End).ShouldBe(("one\n", 4, false));
        (await ReadAsync(gateway, build, 4, follow: false)).ShouldBeEmpty();
        (await ReadAsync(gateway, build, 99, follow: false)).ShouldBeEmpty();
    }

    [Fact]
    public async Task ReadLog_RunningBuildFollowed_GoesOnUntilItHasEnded()
    {
        await using var gateway = await GatewayHost.StartAsync();
        var build = gateway.Grains.Expect(WorkspaceRef, "base");
        build.Write("one\n");
        using var call = gateway.Builds.ReadLog(new ReadLogRequest { BuildId = build.Id.ToString(), Offset = 2, Follow = true });

        (await NextAsync(call))!.Content.ToStringUtf8().ShouldBe("e\n");
        build.Write("two\n");
        (await NextAsync(call)).ShouldBe(new ReadLogResponse { Offset = 4, Content = Google.Protobuf.ByteString.CopyFromUtf8("two\n"), NextOffset = 8 });
        build.Fail(GrainReason.BuildStepFailed, "no");

        (await NextAsync(call)).ShouldBe(new ReadLogResponse { Offset = 8, NextOffset = 8, End = true });
        (await NextAsync(call)).ShouldBeNull();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task ReadLog_BytesAreNoLongerKept_OffsetSaysSo(bool follow)
    {
        await using var gateway = await GatewayHost.StartAsync();
        var build = gateway.Grains.Expect(WorkspaceRef, "base");
        build.Write("0123456789");
        build.KeepFrom(4);
        build.Move(GrainStatus.Succeeded);

        var parts = await ReadAsync(gateway, build, 1, follow);

        (parts[0].Offset, string.Concat(parts.Select(part => part.Content.ToStringUtf8())), parts[^1].NextOffset, parts[^1].End).ShouldBe((4, "456789", 10, true));
    }

    [Fact]
    public async Task ReadLog_WholeLogIsNoLongerKept_SaysWhereItEnded()
    {
        await using var gateway = await GatewayHost.StartAsync();
        var build = gateway.Grains.Expect(WorkspaceRef, "base");
        build.Write("0123456789");
        build.KeepFrom(10);
        build.Move(GrainStatus.Succeeded);

        foreach (var follow in new[] { false, true })
        {
            (await ReadAsync(gateway, build, 0, follow)).ShouldHaveSingleItem().ShouldBe(new ReadLogResponse { Offset = 10, NextOffset = 10, End = true });
        }
    }

    private static FakeBuild Finished(GatewayHost gateway)
    {
        var build = gateway.Grains.Expect(WorkspaceRef, "base");
        build.Move(GrainStatus.Launching);
        build.Move(GrainStatus.Running);
        build.Fail(GrainReason.BuildStepFailed, "no");
        return build;
    }

    private static Task<List<ReadLogResponse>> ReadAsync(GatewayHost gateway, FakeBuild build, long offset, bool follow) =>
        GatewayHost.AllAsync(gateway.Builds.ReadLog(new ReadLogRequest { BuildId = build.Id.ToString(), Offset = offset, Follow = follow }));

    private static async Task<T?> NextAsync<T>(AsyncServerStreamingCall<T> call)
        where T : class => await call.ResponseStream.MoveNext(CancellationToken.None).WaitAsync(GatewayHost.Patience) ? call.ResponseStream.Current : null;
}
