namespace Prometheus;

/// <summary>How samples are distributed over buckets.</summary>
public interface IHistogram : IObserver
{
    /// <summary>All samples together.</summary>
    double Sum { get; }

    /// <summary>How many samples.</summary>
    long Count { get; }

    /// <summary>Takes the same sample <paramref name="count"/> times.</summary>
    void Observe(double val, long count);
}
