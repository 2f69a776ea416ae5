namespace Prometheus;

/// <summary>What every kind of metric can be told.</summary>
public abstract class MetricConfiguration
{
    /// <summary>Names of the labels; none by default.</summary>
    public string[]? LabelNames { get; set; }

    /// <summary>Whether a series appears only after its value was first set; false by default.</summary>
    public bool SuppressInitialValue { get; set; }
}
