using ImageBuilder.Builds.Queue;
using Microsoft.Extensions.Options;

namespace ImageBuilder.Grains.Tests.Hosting;

/// <summary>Limits of the queue that a test changes while the service runs.</summary>
internal sealed class TestLimits : IOptionsMonitor<QueueLimits>
{
    private readonly List<Action<QueueLimits, string?>> _listeners = [];

    public QueueLimits CurrentValue { get; private set; } = new();

    public void Change(QueueLimits limits)
    {
        CurrentValue = limits;
        Array.ForEach(_listeners.ToArray(), listener => listener(limits, null));
    }

    public QueueLimits Get(string? name) => CurrentValue;

    public IDisposable? OnChange(Action<QueueLimits, string?> listener)
    {
        _listeners.Add(listener);
        return null;
    }
}
