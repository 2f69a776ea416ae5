using ImageBuilder.Silo.Configuration;
using ImageBuilder.Silo.Hosting;
using Microsoft.Extensions.Logging.Abstractions;

namespace ImageBuilder.Silo.Tests.Configuration;

public sealed class LiveConfigurationTests : IDisposable
{
    private readonly ConfigurationFolder _folder = new();
    private readonly LiveConfiguration _live;
    private int _changes;

    public LiveConfigurationTests()
    {
        var json = _folder.Smallest().ToJsonString();
        _live = new LiveConfiguration(_folder.Write("live.json", json), _folder.LoadAccepted(json));
        _live.Changed += () => _changes++;
        Look();
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Look_QueueChanged_Applies()
    {
        var heard = 0L;
        using var subscription = new LiveQueueLimits(_live).OnChange((limits, _) => heard = limits.Concurrency);

        Write("queue", """{"concurrency": 3, "concurrencyPerOwner": 2, "deadline": "5m0s"}""");
        Look();

        heard.ShouldBe(3);
        var current = new LiveQueueLimits(_live).CurrentValue;
        (current.Concurrency, current.ConcurrencyPerOwner, current.WaitingDeadline).ShouldBe((3, 2, TimeSpan.FromMinutes(5)));
    }

    [Fact]
    public void Look_NothingChanged_TellsNobody()
    {
        Look();

        _changes.ShouldBe(0);
        new LiveQueueLimits(_live).CurrentValue.WaitingDeadline.ShouldBeNull();
    }

    [Fact]
    public void Look_Mistake_KeepsWhatItSaidBefore()
    {
        Write("queue.concurrency", "3");
        Look();
        Write("queue.concurrency", "-1");
        Look();

        _live.Current.Queue.Concurrency.ShouldBe(3);
        _changes.ShouldBe(1);
    }

    [Fact]
    public void Look_FileGone_KeepsWhatItSaidBefore()
    {
        File.Delete(Path.Combine(_folder.Path, "live.json"));
        Look();

        _live.Current.ShouldBe(_live.Started);
        _changes.ShouldBe(0);
    }

    [Fact]
    public void Look_ChangedBetweenStartAndFirstLook_Applies()
    {
        Write("queue.concurrency", "7");
        var live = new LiveConfiguration(Path.Combine(_folder.Path, "live.json"), _live.Started);

        live.Look(NullLogger.Instance);

        live.Current.Queue.Concurrency.ShouldBe(7);
    }

    private void Look() => _live.Look(NullLogger.Instance);

    private void Write(string key, string json) => _folder.Write("live.json", _folder.With(key, json).ToJsonString());
}
