namespace Orleans.Runtime;

/// <summary>The activations of one key of a stateless worker.</summary>
internal sealed class StatelessWorkers(SiloRuntime runtime, GrainId id, GrainClass grainClass)
{
    private readonly Lock _lock = new();
    private readonly List<Activation> _workers = [];

    public IReadOnlyList<Activation> All
    {
        get
        {
            lock (_lock)
            {
                return [.. _workers];
            }
        }
    }

    /// <summary>One that is free, a new one while there may be more, or else the one with the least to do.</summary>
    public Activation Choose()
    {
        lock (_lock)
        {
            var least = _workers.MinBy(worker => worker.Load);
            if (least is null || (least.Load > 0 && _workers.Count < grainClass.MaxWorkers))
            {
                least = new Activation(runtime, id, grainClass);
                _workers.Add(least);
            }

            return least;
        }
    }

    public void Remove(Activation worker)
    {
        lock (_lock)
        {
            _workers.Remove(worker);
        }
    }
}
