namespace Orleans.Runtime;

/// <summary>The lifecycle of the silo; see <see cref="ServiceLifecycleStage"/>.</summary>
public interface ISiloLifecycle : ILifecycleObservable
{
    /// <summary>The last stage that has started.</summary>
    int HighestCompletedStage { get; }

    /// <summary>The last stage that has stopped.</summary>
    int LowestStoppedStage { get; }
}
