using Grpc.Core;
using ImageBuilder.Contracts;
using ImageBuilder.Gateway.Tests.Hosting;
using ImageBuilder.Grains;
using ImageBuilder.Testing;
using GrainStatus = ImageBuilder.Builds.Lifecycle.BuildStatus;

namespace ImageBuilder.Gateway.Tests.Services;

public sealed class LogsTests
{
    private const string WorkspaceRef = "workspace.test/workspace:1";

    [Theory]
    [InlineData("", "")]
    [InlineData("workspace.test/workspace:unknown", "")]
    [InlineData("", "7c9e6679-7425-40de-944b-e07fc1f90ae7")]
    [InlineData("workspace.test/workspace:unknown", "not an id")]
    public async Task Logs_NothingMatches_NotFound(string reference, string id)
    {
        await using var gateway = await GatewayHost.StartAsync();

        var status = await GatewayHost.FailureOf(() => gateway.LogsAsync(new LogsRequest { BuildRef = reference, BuildId = id }));

        (status.StatusCode, status.Detail).ShouldBe((StatusCode.NotFound, "build not found"));
    }

    [Fact]
    public async Task Logs_HugeRef_NotFound()
    {
        await using var gateway = await GatewayHost.StartAsync();

        (await GatewayHost.FailureOf(() => gateway.LogsAsync(new LogsRequest { BuildRef = new string('x', 1 << 20) }))).StatusCode.ShouldBe(StatusCode.NotFound);
    }

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(true, true)]
    public async Task Logs_FinishedBuildByRefOrId_WholeLogThenEnd(bool byRef, bool byId)
    {
        await using var gateway = await GatewayHost.StartAsync();
        var build = gateway.Grains.Expect(WorkspaceRef, "base");
        var text = string.Concat(Enumerable.Range(0, 100_000).Select(line => $"line {line}\n"));
        build.Write(text);
        build.Move(GrainStatus.Succeeded);

        var log = await gateway.LogsAsync(new LogsRequest { BuildRef = byRef ? WorkspaceRef : "", BuildId = byId ? build.Id.ToString() : "" });

        log.ShouldBe(text);
    }

    [Fact]
    public async Task Logs_IdIsUnknownButRefIsNot_TheRefCounts()
    {
        await using var gateway = await GatewayHost.StartAsync();
        var build = gateway.Grains.Expect(WorkspaceRef, "base");
        build.Write("words\n");
        build.Move(GrainStatus.Succeeded);

        (await gateway.LogsAsync(new LogsRequest { BuildRef = WorkspaceRef, BuildId = Guid.NewGuid().ToString() })).ShouldBe("words\n");
    }

    [Fact]
    public async Task Logs_RunningBuild_FromTheFirstByteThenLiveThenEnds()
    {
        await using var gateway = await GatewayHost.StartAsync();
        var build = gateway.Grains.Expect(WorkspaceRef, "base");
        build.Move(GrainStatus.Running);
        build.Write("one\n");
        using var call = gateway.Client.Logs(new LogsRequest { BuildRef = WorkspaceRef });

        (await NextAsync(call)).ShouldBe("one\n");
        build.Write("two\n");
        (await NextAsync(call)).ShouldBe("two\n");
        build.Write("three\n");
        build.Move(GrainStatus.Failed);
        (await NextAsync(call)).ShouldBe("three\n");

        (await NextAsync(call)).ShouldBeNull();
    }

    [Fact]
    public async Task Logs_MiddleIsNoLongerKept_SaysSoWhereItIsMissing()
    {
        await using var gateway = await GatewayHost.StartAsync();
        var build = gateway.Grains.Expect(WorkspaceRef, "base");
        build.Write("0123456789");
        build.KeepFrom(4);
        build.Move(GrainStatus.Succeeded);

        (await gateway.LogsAsync(new LogsRequest { BuildRef = WorkspaceRef })).ShouldBe("\n[4 bytes of log are no longer kept]\n456789");
    }

    [Fact]
    public async Task Logs_EmptyLog_EndsWithoutAMessage()
    {
        await using var gateway = await GatewayHost.StartAsync();
        gateway.Grains.Expect(WorkspaceRef, "base").Move(GrainStatus.Succeeded);

        (await gateway.LogsAsync(new LogsRequest { BuildRef = WorkspaceRef })).ShouldBeEmpty();
    }

    [Fact]
    public async Task Logs_SiloIsLostNowAndThen_NoByteIsMissingOrTwice()
    {
        await using var gateway = await GatewayHost.StartAsync();
        var build = gateway.Grains.Expect(WorkspaceRef, "base");
        var text = new string('x', 1_000_000) + "\nthe end\n";
        build.Write(text);
        build.Move(GrainStatus.Succeeded);
        var calls = 0;
        gateway.Grains.BeforeCall = _ => Interlocked.Increment(ref calls) % 2 == 1 ? throw new TimeoutException("no answer") : Task.CompletedTask;

        (await gateway.LogsAsync(new LogsRequest { BuildRef = WorkspaceRef })).ShouldBe(text);
    }

    [Fact]
    public async Task Logs_ManyFollowers_GetEveryByteAndShareTheCalls()
    {
        const int Followers = 20;
        const int Pieces = 30;

        // Its clock stands still: no call is made again because a wait has run out.
        await using var gateway = await GatewayHost.StartAsync(new ManualTimeProvider());
        var build = gateway.Grains.Expect(WorkspaceRef, "base");
        var reads = 0;
        gateway.Grains.BeforeCall = method =>
        {
            Interlocked.Add(ref reads, method == nameof(IBuildGrain.ReadLog) ? 1 : 0);
            return Task.CompletedTask;
        };
        build.Write("start\n");
        var followers = Enumerable.Range(0, Followers).Select(_ => gateway.Client.Logs(new LogsRequest { BuildRef = WorkspaceRef })).ToList();
        foreach (var follower in followers)
        {
            (await NextAsync(follower)).ShouldBe("start\n");
        }

        for (var piece = 0; piece < Pieces; piece++)
        {
            build.Write($"piece {piece}\n");
            foreach (var follower in followers)
            {
                (await NextAsync(follower)).ShouldBe($"piece {piece}\n");
            }
        }

        build.Move(GrainStatus.Succeeded);
        foreach (var follower in followers)
        {
            (await NextAsync(follower)).ShouldBeNull();
            follower.Dispose();
        }

        // Each may have asked once before it met the others, and one asks for each piece and for the end.
        reads.ShouldBeLessThanOrEqualTo(Followers + Pieces + 1);
    }

    [Fact]
    public async Task Logs_FollowerStopsReading_OthersAreNotDelayedAndItGoesOnLater()
    {
        await using var gateway = await GatewayHost.StartAsync();
        var build = gateway.Grains.Expect(WorkspaceRef, "base");
        build.Write("start\n");
        using var stalled = gateway.Client.Logs(new LogsRequest { BuildRef = WorkspaceRef });
        (await NextAsync(stalled)).ShouldBe("start\n");
        var others = Enumerable.Range(0, 2).Select(_ => gateway.LogsAsync(new LogsRequest { BuildRef = WorkspaceRef })).ToArray();
        var written = new System.Text.StringBuilder("start\n");
        for (var piece = 0; piece < 100; piece++)
        {
            var text = new string((char)('a' + (piece % 26)), 60_000) + "\n";
            written.Append(text);
            build.Write(text);
        }

        build.Move(GrainStatus.Succeeded);
        foreach (var log in await Task.WhenAll(others))
        {
            (log == written.ToString()).ShouldBeTrue();
        }

        var late = new System.Text.StringBuilder("start\n");
        while (await NextAsync(stalled) is { } part)
        {
            late.Append(part);
        }

        (late.ToString() == written.ToString()).ShouldBeTrue();
    }

    [Fact]
    public async Task Logs_ClientGoesAway_NobodyWaitsForIt()
    {
        await using var gateway = await GatewayHost.StartAsync();
        var build = gateway.Grains.Expect(WorkspaceRef, "base");
        build.Write("one\n");
        using (var call = gateway.Client.Logs(new LogsRequest { BuildRef = WorkspaceRef }))
        {
            (await NextAsync(call)).ShouldBe("one\n");
        }

        using var over = new CancellationTokenSource(GatewayHost.Patience);
        while (build.Watchers > 0)
        {
            over.Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }

        build.IsCancelled.ShouldBeFalse();
    }

    private static async Task<string?> NextAsync(AsyncServerStreamingCall<LogsResponse> call) =>
        await call.ResponseStream.MoveNext(CancellationToken.None).WaitAsync(GatewayHost.Patience) ? call.ResponseStream.Current.Content.ToStringUtf8() : null;
}
