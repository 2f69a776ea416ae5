using ImageBuilder.Bob.Build;
using ImageBuilder.Testing;

namespace ImageBuilder.Bob.Tests.Build;

public sealed class PruningTests : IDisposable
{
    private readonly StringWriter _log = new();

    public void Dispose() => _log.Dispose();

    [Fact]
    public async Task Run_NothingIsInTheWay_SaysNothing()
    {
        await Pruning.RunAsync(_ => Task.CompletedTask, TimeProvider.System, _log);

        _log.ToString().ShouldBeEmpty();
    }

    [Fact]
    public async Task Run_TakesLongerThanAMinute_IsCutAndSaysSo()
    {
        var time = new ManualTimeProvider();
        var pruning = Pruning.RunAsync(stop => Task.Delay(Timeout.Infinite, stop), time, _log);

        time.Advance(TimeSpan.FromSeconds(59));
        pruning.IsCompleted.ShouldBeFalse();
        time.Advance(TimeSpan.FromSeconds(1));
        await pruning;

        _log.ToString().ShouldBe("bob: what is past the cache's limit was not removed within 60 s; the next build goes on with it\n");
    }

    [Fact]
    public async Task Run_Fails_SaysWhy()
    {
        await Pruning.RunAsync(_ => throw new IOException("no count"), TimeProvider.System, _log);

        _log.ToString().ShouldBe("bob: what is past the cache's limit stays until the next build: no count\n");
    }
}
