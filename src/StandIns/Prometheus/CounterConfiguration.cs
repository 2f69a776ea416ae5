namespace Prometheus;

/// <summary>What a counter can be told.</summary>
public sealed class CounterConfiguration : MetricConfiguration
{
}
