namespace Prometheus;

/// <summary>Makes metrics: in the process's default registry, or through <see cref="WithCustomRegistry"/> in another.</summary>
public static class Metrics
{
    /// <summary>The process's registry; it also carries the process's own figures.</summary>
    public static CollectorRegistry DefaultRegistry { get; } = ProcessMetrics.AddTo(new CollectorRegistry());

    /// <summary>Makes metrics in <see cref="DefaultRegistry"/>.</summary>
    public static MetricFactory DefaultFactory { get; } = new(DefaultRegistry);

    /// <summary>An empty registry.</summary>
    public static CollectorRegistry NewCustomRegistry() => new();

    /// <summary>Makes metrics in <paramref name="registry"/>.</summary>
    public static MetricFactory WithCustomRegistry(CollectorRegistry registry)
    {
        ArgumentNullException.ThrowIfNull(registry);
        return new MetricFactory(registry);
    }

    /// <summary>A counter of the default registry; the one that is there when the name is.</summary>
    public static Counter CreateCounter(string name, string help, CounterConfiguration? configuration = null) =>
        DefaultFactory.CreateCounter(name, help, configuration);

    /// <summary>A counter of the default registry; the one that is there when the name is.</summary>
    public static Counter CreateCounter(string name, string help, string[] labelNames, CounterConfiguration? configuration = null) =>
        DefaultFactory.CreateCounter(name, help, labelNames, configuration);

    /// <summary>A counter of the default registry; the one that is there when the name is.</summary>
    public static Counter CreateCounter(string name, string help, params string[] labelNames) =>
        DefaultFactory.CreateCounter(name, help, labelNames);

    /// <summary>A gauge of the default registry; the one that is there when the name is.</summary>
    public static Gauge CreateGauge(string name, string help, GaugeConfiguration? configuration = null) =>
        DefaultFactory.CreateGauge(name, help, configuration);

    /// <summary>A gauge of the default registry; the one that is there when the name is.</summary>
    public static Gauge CreateGauge(string name, string help, string[] labelNames, GaugeConfiguration? configuration = null) =>
        DefaultFactory.CreateGauge(name, help, labelNames, configuration);

    /// <summary>A gauge of the default registry; the one that is there when the name is.</summary>
    public static Gauge CreateGauge(string name, string help, params string[] labelNames) =>
        DefaultFactory.CreateGauge(name, help, labelNames);

    /// <summary>A histogram of the default registry; the one that is there when the name is.</summary>
    public static Histogram CreateHistogram(string name, string help, HistogramConfiguration? configuration = null) =>
        DefaultFactory.CreateHistogram(name, help, configuration);

    /// <summary>A histogram of the default registry; the one that is there when the name is.</summary>
    public static Histogram CreateHistogram(string name, string help, string[] labelNames, HistogramConfiguration? configuration = null) =>
        DefaultFactory.CreateHistogram(name, help, labelNames, configuration);

    /// <summary>A histogram of the default registry; the one that is there when the name is.</summary>
    public static Histogram CreateHistogram(string name, string help, params string[] labelNames) =>
        DefaultFactory.CreateHistogram(name, help, labelNames);
}
