using Orleans.Concurrency;

namespace ImageBuilder.Orleans.Behaviour.Tests.Turns;

[Reentrant]
public sealed class ReentrantGrain(Signals signals) : TurnGrainBase(signals), IReentrantGrain
{
    public async Task<int> Around(int steps) =>
        steps == 0 ? 0 : 1 + await GrainFactory.GetGrain<IReentrantGrain>(this.GetPrimaryKeyString()).Around(steps - 1);
}
