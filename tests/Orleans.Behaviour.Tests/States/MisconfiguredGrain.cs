namespace ImageBuilder.Orleans.Behaviour.Tests.States;

public sealed class MisconfiguredGrain([PersistentState("record", "not there")] IPersistentState<Record> record) : Grain, IMisconfiguredGrain
{
    public Task Ping() => record.WriteStateAsync();
}
