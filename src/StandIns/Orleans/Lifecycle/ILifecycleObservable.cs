namespace Orleans;

/// <summary>A lifecycle that starts in the order of its stages and stops in the reverse.</summary>
public interface ILifecycleObservable
{
    /// <summary>Takes part in <paramref name="stage"/>.</summary>
    IDisposable Subscribe(string observerName, int stage, ILifecycleObserver observer);
}
