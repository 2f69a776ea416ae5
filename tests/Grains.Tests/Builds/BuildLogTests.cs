using System.Text;
using ImageBuilder.Builds.Lifecycle;
using ImageBuilder.Grains.Tests.Hosting;

namespace ImageBuilder.Grains.Tests.Builds;

public sealed class BuildLogTests
{
    [Fact]
    public async Task ReadLog_SeveralReadersAndALateOne_AllGetEveryByte()
    {
        await using var world = new GrainWorld();
        var host = await world.StartHostAsync();
        var build = await host.OrderAsync(GrainWorld.Order());
        var attempt = await world.Launcher.NextAsync();
        var bytes = new byte[3_000_000];
        new Random(7).NextBytes(bytes);

        // What is censored begins with "registry.test/": keep the first byte of it out of the noise.
        bytes.AsSpan().Replace((byte)'r', (byte)'R');
        var readers = new[] { 1 << 10, 64 << 10, 256 << 10 }.Select(pageSize => Task.Run(() => build.ReadLogToEndAsync(pageSize))).ToArray();
        foreach (var piece in bytes.Chunk(77_777))
        {
            attempt.Write(piece);
            await Task.Yield();
        }

        attempt.Fail(FailureReason.BuildStepFailed, "no");
        foreach (var read in await Task.WhenAll(readers))
        {
            read.AsSpan().SequenceEqual(bytes).ShouldBeTrue();
        }

        (await build.ReadLogToEndAsync()).AsSpan().SequenceEqual(bytes).ShouldBeTrue();
    }

    [Fact]
    public async Task ReadLog_ReferencesInTheLog_AreTakenOutAlsoWhereTheyAreSplit()
    {
        await using var world = new GrainWorld();
        var host = await world.StartHostAsync();
        var order = GrainWorld.Order();
        var build = await host.OrderAsync(order);
        var attempt = await world.Launcher.NextAsync();

        attempt.Write($"a [{order.WorkspaceRef}] [{order.BaseRef}] [registry.test/workspace] [registry.test/base]\n");
        (await build.ReadLogUntilAsync(12)).ShouldBe("a [] [] [] []\n");
        attempt.Write("b [registry.test/wor");
        await build.ReadLogUntilAsync(14 + 3);
        attempt.Write("kspace:w]\nc registry.te");
        attempt.Fail(FailureReason.BuildStepFailed, "no");
        await build.EndAsync();

        (await build.ReadLogTextAsync()).ShouldBe("a [] [] [] []\nb []\nc registry.te");
    }

    [Fact]
    public async Task ReadLog_BuilderEndedAndItsLogIsStillCarriedOver_DoesNotEnd()
    {
        await using var world = new GrainWorld();
        var host = await world.StartHostAsync();
        var build = await host.OrderAsync(GrainWorld.Order());
        var attempt = await world.Launcher.NextAsync();
        var appending = new TaskCompletionSource();
        var mayAppend = new TaskCompletionSource();
        world.Logs.BeforeAppend = async _ =>
        {
            appending.TrySetResult();
            await mayAppend.Task;
        };
        attempt.Write("the last words");
        attempt.Fail(FailureReason.BuildStepFailed, "no");
        await appending.Task.WaitAsync(Patience.Limit);

        (await build.ReadLog(0, 100, TimeSpan.Zero))!.Ended.ShouldBeFalse();
        (await build.Watch(0, TimeSpan.Zero))!.IsFinal.ShouldBeFalse();
        mayAppend.SetResult();

        (await build.ReadLogTextAsync()).ShouldBe("the last words");
    }

    [Fact]
    public async Task ReadLog_SmallPages_EndOnlyWithTheLast()
    {
        await using var world = new GrainWorld();
        var host = await world.StartHostAsync();
        var build = await host.OrderAsync(GrainWorld.Order());
        var attempt = await world.Launcher.NextAsync();
        attempt.Write("0123456789");
        attempt.Fail(FailureReason.BuildStepFailed, "no");
        await build.EndAsync();

        var first = await build.ReadLog(0, 4, TimeSpan.Zero);
        var last = await build.ReadLog(8, 4, TimeSpan.Zero);
        var beyond = await build.ReadLog(10, 4, TimeSpan.Zero);

        Encoding.UTF8.GetString(first!.Content.AsSpan()).ShouldBe("0123");
        first.Ended.ShouldBeFalse();
        Encoding.UTF8.GetString(last!.Content.AsSpan()).ShouldBe("89");
        last.Ended.ShouldBeTrue();
        beyond!.Content.ShouldBeEmpty();
        beyond.Ended.ShouldBeTrue();
    }
}
