using Microsoft.Extensions.Logging;

namespace Orleans.Runtime;

/// <summary>Starts the stages in order and stops them in the reverse; the observers of one stage side by side.</summary>
internal sealed partial class SiloLifecycle(ILogger<SiloLifecycle> logger) : ISiloLifecycle
{
    private readonly Lock _lock = new();
    private readonly List<Subscription> _subscriptions = [];
    private readonly ILogger _logger = logger;

    public int HighestCompletedStage { get; private set; } = int.MinValue;

    public int LowestStoppedStage { get; private set; } = int.MaxValue;

    public IDisposable Subscribe(string observerName, int stage, ILifecycleObserver observer)
    {
        var subscription = new Subscription(this, observerName, stage, observer);
        lock (_lock)
        {
            _subscriptions.Add(subscription);
        }

        return subscription;
    }

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        foreach (var stage in Snapshot().GroupBy(one => one.Stage).OrderBy(stage => stage.Key))
        {
            cancellationToken.ThrowIfCancellationRequested();
            await Task.WhenAll(stage.Select(one => one.Observer.OnStart(cancellationToken)));
            HighestCompletedStage = stage.Key;
        }
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        var started = HighestCompletedStage;
        foreach (var stage in Snapshot().Where(one => one.Stage <= started).GroupBy(one => one.Stage).OrderByDescending(stage => stage.Key))
        {
            await Task.WhenAll(stage.Select(one => StopOneAsync(one, cancellationToken)));
            LowestStoppedStage = stage.Key;
        }
    }

    private async Task StopOneAsync(Subscription subscription, CancellationToken cancellationToken)
    {
        try
        {
            await subscription.Observer.OnStop(cancellationToken);
        }
        catch (Exception error)
        {
            LogStopFailed(error, subscription.Name, subscription.Stage);
        }
    }

    private List<Subscription> Snapshot()
    {
        lock (_lock)
        {
            return [.. _subscriptions];
        }
    }

    [LoggerMessage(LogLevel.Error, "{Observer} failed when stage {Stage} of the silo stopped; the silo stops all the same")]
    private partial void LogStopFailed(Exception error, string observer, int stage);

    private sealed record Subscription(SiloLifecycle Lifecycle, string Name, int Stage, ILifecycleObserver Observer) : IDisposable
    {
        public void Dispose()
        {
            lock (Lifecycle._lock)
            {
                Lifecycle._subscriptions.Remove(this);
            }
        }
    }
}
