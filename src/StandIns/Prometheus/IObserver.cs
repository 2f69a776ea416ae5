namespace Prometheus;

/// <summary>Takes samples.</summary>
public interface IObserver
{
    /// <summary>Takes one.</summary>
    void Observe(double val);
}
