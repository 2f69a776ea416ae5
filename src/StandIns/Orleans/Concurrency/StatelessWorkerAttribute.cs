using Orleans.Placement;

namespace Orleans.Concurrency;

/// <summary>A grain class that may have several activations of one key, so that calls run side by side.</summary>
[AttributeUsage(AttributeTargets.Class)]
public sealed class StatelessWorkerAttribute : PlacementAttribute
{
    /// <summary>As many activations as the machine has processors.</summary>
    public StatelessWorkerAttribute()
        : this(-1)
    {
    }

    /// <summary>At most <paramref name="maxLocalWorkers"/> activations; -1 means as many as the machine has processors.</summary>
    public StatelessWorkerAttribute(int maxLocalWorkers)
        : base(OneSiloPlacement.Singleton) =>
        MaxLocalWorkers = maxLocalWorkers > 0 ? maxLocalWorkers : Environment.ProcessorCount;

    internal int MaxLocalWorkers { get; }
}
