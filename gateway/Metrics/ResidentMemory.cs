using Prometheus;

namespace ImageBuilder.Gateway.Metrics;

/// <summary>The memory gauge under the name that dashboards of the old service ask for.</summary>
internal static class ResidentMemory
{
    private static readonly Gauge Bytes = Prometheus.Metrics.CreateGauge(
        "process_resident_memory_bytes", "Resident memory size in bytes.");

    /// <summary>Measures at every scrape from now on.</summary>
    public static void Register() =>
        Prometheus.Metrics.DefaultRegistry.AddBeforeCollectCallback(() => Bytes.Set(Environment.WorkingSet));
}
