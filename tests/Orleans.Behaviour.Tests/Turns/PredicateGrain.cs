using Orleans.Concurrency;
using Orleans.Serialization.Invocation;

namespace ImageBuilder.Orleans.Behaviour.Tests.Turns;

[MayInterleave(nameof(MayInterleave))]
public sealed class PredicateGrain(Signals signals) : TurnGrainBase(signals), IPredicateGrain
{
    public static bool MayInterleave(IInvokable call) => call.GetMethodName() == nameof(IPredicateGrain.Ping);

    public Task Wait() => Ping();
}
