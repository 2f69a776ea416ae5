using System.Collections.Concurrent;

namespace Prometheus;

/// <summary>A metric and its series, one for each combination of label values.</summary>
public abstract class Collector<TChild> : Collector
    where TChild : ChildBase
{
    private readonly ConcurrentDictionary<LabelValues, TChild> _children = new();
    private readonly Lazy<TChild> _unlabelled;
    private readonly bool _suppressInitialValue;

    private protected Collector(string name, string help, string[] labelNames, bool suppressInitialValue)
        : base(name, help, labelNames)
    {
        _suppressInitialValue = suppressInitialValue;
        _unlabelled = new Lazy<TChild>(() => WithLabels([]));
    }

    private protected TChild Unlabelled => _unlabelled.Value;

    /// <summary>The series of these label values, made when it is new.</summary>
    /// <exception cref="ArgumentException">There are more or fewer values than labels.</exception>
    public TChild WithLabels(params string[] labelValues)
    {
        ArgumentNullException.ThrowIfNull(labelValues);
        if (_children.TryGetValue(new LabelValues(labelValues), out var child))
        {
            return child;
        }

        if (labelValues.Length != LabelNames.Length)
        {
            throw new ArgumentException(
                $"The instance label value count {labelValues.Length} does not match the label name count {LabelNames.Length}.", nameof(labelValues));
        }

        ArgumentOutOfRangeException.ThrowIfGreaterThan(labelValues.Count(value => value is null), 0, nameof(labelValues));
        return _children.GetOrAdd(
            new LabelValues([.. labelValues]),
            static (values, collector) => collector.NewChild(TextExposition.Labels(collector.LabelNames, values.Values), !collector._suppressInitialValue),
            this);
    }

    /// <summary>Forgets the series of these label values.</summary>
    public void RemoveLabelled(params string[] labelValues) => _children.TryRemove(new LabelValues(labelValues), out _);

    internal override void WriteSeries(TextExposition text)
    {
        if (LabelNames.Length == 0)
        {
            _ = Unlabelled;
        }

        foreach (var child in _children.Values.Where(child => child.IsPublished))
        {
            WriteSeries(text, child);
        }
    }

    private protected abstract TChild NewChild(string labels, bool publish);

    private protected abstract void WriteSeries(TextExposition text, TChild child);
}
