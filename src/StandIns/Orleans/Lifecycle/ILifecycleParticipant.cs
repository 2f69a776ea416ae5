namespace Orleans;

/// <summary>A service that takes part in a lifecycle; found in the service collection.</summary>
public interface ILifecycleParticipant<TLifecycleObservable>
    where TLifecycleObservable : ILifecycleObservable
{
    /// <summary>Subscribes to the stages it wants.</summary>
    void Participate(TLifecycleObservable lifecycle);
}
