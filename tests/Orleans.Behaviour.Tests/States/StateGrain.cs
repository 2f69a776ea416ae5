namespace ImageBuilder.Orleans.Behaviour.Tests.States;

public sealed class StateGrain(
    [PersistentState("record", "memory")] IPersistentState<Record> record,
    [PersistentState("second", "memory")] IPersistentState<Record> second,
    Signals signals) : Grain, IStateGrain
{
    private int _activation;

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        // The state is there before this runs.
        signals.Write($"{this.GetPrimaryKeyString()} activated with {record.State.Name ?? "nothing"}");
        _activation = signals.Count($"{this.GetPrimaryKeyString()} activated");
        second.State.Name.ShouldBeNull();
        return Task.CompletedTask;
    }

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        signals.Set($"{this.GetPrimaryKeyString()} deactivating");
        return Task.CompletedTask;
    }

    public Task Write(string name)
    {
        record.State.Name = name;
        return record.WriteStateAsync();
    }

    public Task WriteWithoutStoring(string name)
    {
        record.State.Name = name;
        return Task.CompletedTask;
    }

    public async Task WriteOutsideItsTurns()
    {
#pragma warning disable ORLEANS0014 // Leaving the grain's turns is what is tested.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
#pragma warning restore ORLEANS0014
        await record.WriteStateAsync();
    }

    public Task<string?> Read() => Task.FromResult(record.State.Name);

    public Task<bool> Exists() => Task.FromResult(record.RecordExists);

    public Task Clear() => record.ClearStateAsync();

    public Task<int> Activation() => Task.FromResult(_activation);

    public Task End()
    {
        DeactivateOnIdle();
        return Task.CompletedTask;
    }
}
