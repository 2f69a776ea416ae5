namespace ImageBuilder.Orleans.Behaviour.Tests.Activations;

/// <summary>Counts its activations, and holds or fails where its key says so.</summary>
public abstract class LifeGrainBase(Signals signals) : Grain, IDisposable
{
    private int _activation;

    private string Key => this.GetPrimaryKeyString();

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _activation = signals.Count($"{Key} activated");
        signals.Write($"{Key} began after {signals.CountOf($"{Key} deactivating")} ended");
        if (Key.StartsWith("fails once", StringComparison.Ordinal) && _activation == 1)
        {
            await signals.WaitAsync($"{Key} may fail");
            throw new InvalidOperationException("not today");
        }
    }

    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        signals.Write($"{Key} {reason.ReasonCode}");
        signals.Count($"{Key} deactivating");
        if (Key.StartsWith("holds its end", StringComparison.Ordinal))
        {
            await signals.WaitAsync($"{Key} may end");
        }
    }

    public Task<int> Activation() => Task.FromResult(_activation);

    public Task End()
    {
        DeactivateOnIdle();
        return Task.CompletedTask;
    }

    public async Task EndWhileHolding()
    {
        DeactivateOnIdle();
        signals.Set($"{Key} holds");
        await signals.WaitAsync($"{Key} may go");
        signals.IsSet($"{Key} deactivating").ShouldBeFalse();
    }

    public Task Delay(TimeSpan time)
    {
        DelayDeactivation(time);
        return Task.CompletedTask;
    }

    public void Dispose()
    {
        signals.Set($"{Key} disposed");
        GC.SuppressFinalize(this);
    }
}
