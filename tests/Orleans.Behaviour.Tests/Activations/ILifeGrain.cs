using Orleans.Concurrency;

namespace ImageBuilder.Orleans.Behaviour.Tests.Activations;

public interface ILifeGrain : IGrainWithStringKey
{
    Task<int> Activation();

    Task End();

    Task EndWhileHolding();

    [AlwaysInterleave]
    Task Delay(TimeSpan time);
}
