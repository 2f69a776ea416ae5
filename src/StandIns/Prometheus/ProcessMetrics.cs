using System.Diagnostics;
using System.Globalization;

namespace Prometheus;

/// <summary>The figures of this process that prometheus-net publishes by default.</summary>
internal sealed class ProcessMetrics
{
    private readonly Lock _lock = new();
    private readonly Process _process = Process.GetCurrentProcess();
    private readonly Counter.Child[] _collections;
    private readonly Counter _cpu;
    private readonly Gauge _virtualMemory;
    private readonly Gauge _workingSet;
    private readonly Gauge _privateMemory;
    private readonly Gauge _handles;
    private readonly Gauge _threads;
    private readonly Gauge _managedMemory;

    private ProcessMetrics(MetricFactory factory)
    {
        var collections = factory.CreateCounter("dotnet_collection_count_total", "GC collection count", "generation");
        _collections = [.. Enumerable.Range(0, GC.MaxGeneration + 1).Select(generation => collections.WithLabels(generation.ToString(CultureInfo.InvariantCulture)))];
        factory.CreateGauge("process_start_time_seconds", "Start time of the process since unix epoch in seconds.")
            .Set(new DateTimeOffset(_process.StartTime).ToUnixTimeMilliseconds() / 1000.0);
        _cpu = factory.CreateCounter("process_cpu_seconds_total", "Total user and system CPU time spent in seconds.");
        _virtualMemory = factory.CreateGauge("process_virtual_memory_bytes", "Virtual memory size in bytes.");
        _workingSet = factory.CreateGauge("process_working_set_bytes", "Process working set");
        _privateMemory = factory.CreateGauge("process_private_memory_bytes", "Process private memory size");
        _handles = factory.CreateGauge("process_open_handles", "Number of open handles");
        _threads = factory.CreateGauge("process_num_threads", "Total number of threads");
        _managedMemory = factory.CreateGauge("dotnet_total_memory_bytes", "Total known allocated memory");
    }

    public static CollectorRegistry AddTo(CollectorRegistry registry)
    {
        registry.AddBeforeCollectCallback(new ProcessMetrics(new MetricFactory(registry)).Update);
        return registry;
    }

    private void Update()
    {
        lock (_lock)
        {
            _process.Refresh();
            for (var generation = 0; generation < _collections.Length; generation++)
            {
                _collections[generation].IncTo(GC.CollectionCount(generation));
            }

            _cpu.IncTo(_process.TotalProcessorTime.TotalSeconds);
            _virtualMemory.Set(_process.VirtualMemorySize64);
            _workingSet.Set(_process.WorkingSet64);
            _privateMemory.Set(_process.PrivateMemorySize64);
            _handles.Set(_process.HandleCount);
            _threads.Set(_process.Threads.Count);
            _managedMemory.Set(GC.GetTotalMemory(false));
        }
    }
}
