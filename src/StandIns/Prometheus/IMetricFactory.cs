namespace Prometheus;

/// <summary>Makes metrics in one registry.</summary>
public interface IMetricFactory
{
    /// <summary>A counter; the one that is there when the name is.</summary>
    Counter CreateCounter(string name, string help, CounterConfiguration? configuration = null);

    /// <summary>A gauge; the one that is there when the name is.</summary>
    Gauge CreateGauge(string name, string help, GaugeConfiguration? configuration = null);

    /// <summary>A histogram; the one that is there when the name is.</summary>
    Histogram CreateHistogram(string name, string help, HistogramConfiguration? configuration = null);

    /// <summary>A counter; the one that is there when the name is.</summary>
    Counter CreateCounter(string name, string help, string[] labelNames, CounterConfiguration? configuration = null);

    /// <summary>A gauge; the one that is there when the name is.</summary>
    Gauge CreateGauge(string name, string help, string[] labelNames, GaugeConfiguration? configuration = null);

    /// <summary>A histogram; the one that is there when the name is.</summary>
    Histogram CreateHistogram(string name, string help, string[] labelNames, HistogramConfiguration? configuration = null);
}
