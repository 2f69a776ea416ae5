using ImageBuilder.Builds.Queue;
using ImageBuilder.Silo.Configuration;
using Microsoft.Extensions.Options;

namespace ImageBuilder.Silo.Hosting;

/// <summary>The queue's limits as the configuration file has them at the moment.</summary>
internal sealed class LiveQueueLimits(LiveConfiguration configuration) : IOptionsMonitor<QueueLimits>
{
    /// <inheritdoc />
    public QueueLimits CurrentValue
    {
        get
        {
            var queue = configuration.Current.Queue;
            return new QueueLimits
            {
                Concurrency = (int)queue.Concurrency,
                ConcurrencyPerOwner = (int)queue.ConcurrencyPerOwner,
                WaitingDeadline = queue.Deadline > TimeSpan.Zero ? queue.Deadline : null,
            };
        }
    }

    /// <inheritdoc />
    public QueueLimits Get(string? name) => CurrentValue;

    /// <inheritdoc />
    public IDisposable OnChange(Action<QueueLimits, string?> listener)
    {
        var change = () => listener(CurrentValue, null);
        configuration.Changed += change;
        return new Subscription(() => configuration.Changed -= change);
    }

    private sealed class Subscription(Action end) : IDisposable
    {
        public void Dispose() => end();
    }
}
