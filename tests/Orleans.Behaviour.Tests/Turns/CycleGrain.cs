namespace ImageBuilder.Orleans.Behaviour.Tests.Turns;

public sealed class CycleGrain : Grain, ICycleGrain
{
    public async Task<int> Around(int steps) =>
        steps == 0 ? 0 : 1 + await GrainFactory.GetGrain<ICycleGrain>(this.GetPrimaryKeyString()).Around(steps - 1);
}
