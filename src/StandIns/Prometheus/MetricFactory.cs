namespace Prometheus;

/// <summary>Makes metrics in one registry.</summary>
public sealed class MetricFactory : IMetricFactory
{
    private readonly CollectorRegistry _registry;

    internal MetricFactory(CollectorRegistry registry) => _registry = registry;

    /// <inheritdoc />
    public Counter CreateCounter(string name, string help, CounterConfiguration? configuration = null) =>
        CreateCounter(name, help, configuration?.LabelNames ?? [], configuration);

    /// <inheritdoc />
    public Gauge CreateGauge(string name, string help, GaugeConfiguration? configuration = null) =>
        CreateGauge(name, help, configuration?.LabelNames ?? [], configuration);

    /// <inheritdoc />
    public Histogram CreateHistogram(string name, string help, HistogramConfiguration? configuration = null) =>
        CreateHistogram(name, help, configuration?.LabelNames ?? [], configuration);

    /// <inheritdoc />
    public Counter CreateCounter(string name, string help, string[] labelNames, CounterConfiguration? configuration = null) =>
        _registry.GetOrAdd(name, labelNames, () => new Counter(name, help, labelNames, configuration?.SuppressInitialValue ?? false));

    /// <inheritdoc />
    public Gauge CreateGauge(string name, string help, string[] labelNames, GaugeConfiguration? configuration = null) =>
        _registry.GetOrAdd(name, labelNames, () => new Gauge(name, help, labelNames, configuration?.SuppressInitialValue ?? false));

    /// <inheritdoc />
    public Histogram CreateHistogram(string name, string help, string[] labelNames, HistogramConfiguration? configuration = null) =>
        _registry.GetOrAdd(
            name,
            labelNames,
            () => new Histogram(name, help, labelNames, configuration?.SuppressInitialValue ?? false, configuration?.Buckets ?? Histogram.DefaultBuckets));

    /// <summary>A counter; the one that is there when the name is.</summary>
    public Counter CreateCounter(string name, string help, params string[] labelNames) => CreateCounter(name, help, labelNames, null);

    /// <summary>A gauge; the one that is there when the name is.</summary>
    public Gauge CreateGauge(string name, string help, params string[] labelNames) => CreateGauge(name, help, labelNames, null);

    /// <summary>A histogram; the one that is there when the name is.</summary>
    public Histogram CreateHistogram(string name, string help, params string[] labelNames) => CreateHistogram(name, help, labelNames, null);
}
