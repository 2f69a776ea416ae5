namespace Prometheus;

/// <summary>What a histogram can be told.</summary>
public sealed class HistogramConfiguration : MetricConfiguration
{
    /// <summary>Upper bounds, ascending; "+Inf" is added. By default .005 .01 .025 .05 .075 .1 .25 .5 .75 1 2.5 5 7.5 10.</summary>
    public double[]? Buckets { get; set; }
}
