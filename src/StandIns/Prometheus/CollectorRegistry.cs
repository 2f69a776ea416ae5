using System.Collections.Concurrent;

namespace Prometheus;

/// <summary>A set of metrics that is published together.</summary>
public sealed class CollectorRegistry
{
    private readonly ConcurrentDictionary<string, Lazy<Collector>> _collectors = new(StringComparer.Ordinal);
    private readonly ConcurrentQueue<Action> _beforeCollect = new();
    private readonly ConcurrentQueue<Func<CancellationToken, Task>> _beforeCollectAsync = new();

    internal CollectorRegistry()
    {
    }

    /// <summary>Runs <paramref name="callback"/> before each collection, for figures that are only looked up when asked for; what it throws is left out.</summary>
    public void AddBeforeCollectCallback(Action callback)
    {
        ArgumentNullException.ThrowIfNull(callback);
        _beforeCollect.Enqueue(callback);
    }

    /// <summary>As the other one, awaited; all run at once.</summary>
    public void AddBeforeCollectCallback(Func<CancellationToken, Task> callback)
    {
        ArgumentNullException.ThrowIfNull(callback);
        _beforeCollectAsync.Enqueue(callback);
    }

    /// <summary>Writes every metric in the text format, version 0.0.4.</summary>
    public async Task CollectAndExportAsTextAsync(Stream to, CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(to);
        var text = await CollectAsync(cancel);
        await to.WriteAsync(text.ToUtf8(), cancel);
        await to.FlushAsync(cancel);
    }

    internal async Task<TextExposition> CollectAsync(CancellationToken cancel)
    {
        foreach (var callback in _beforeCollect)
        {
            Ignoring(callback);
        }

        await Task.WhenAll(_beforeCollectAsync.Select(callback => IgnoringAsync(callback, cancel)));

        var text = new TextExposition();
        foreach (var collector in _collectors.Values)
        {
            text.Family(collector.Value);
            collector.Value.WriteSeries(text);
        }

        return text;
    }

    internal TCollector GetOrAdd<TCollector>(string name, string[] labelNames, Func<TCollector> create)
        where TCollector : Collector
    {
        var collector = _collectors.GetOrAdd(name, _ => new Lazy<Collector>(create)).Value as TCollector
            ?? throw new InvalidOperationException("Collector of a different type with the same name is already registered.");
        return collector.LabelNames.SequenceEqual(labelNames)
            ? collector
            : throw new InvalidOperationException($"Metric '{name}' is already registered with other labels.");
    }

    // A figure that cannot be looked up keeps its last value; the others are still told.
    private static void Ignoring(Action callback)
    {
        try
        {
            callback();
        }
        catch (Exception failure)
        {
            System.Diagnostics.Trace.WriteLine($"Metrics before-collect callback failed: {failure}");
        }
    }

    private static async Task IgnoringAsync(Func<CancellationToken, Task> callback, CancellationToken cancel)
    {
        try
        {
            await callback(cancel);
        }
        catch (Exception failure) when (!cancel.IsCancellationRequested)
        {
            System.Diagnostics.Trace.WriteLine($"Metrics before-collect callback failed: {failure}");
        }
    }
}
