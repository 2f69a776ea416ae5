namespace ImageBuilder.Orleans.Behaviour.Tests.Timers;

public sealed class TimerGrain(Signals signals) : Grain, ITimerGrain
{
    private IGrainTimer? _timer;
    private int _ticks;

    private string Key => this.GetPrimaryKeyString();

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        signals.Set($"{Key} deactivating");
        return Task.CompletedTask;
    }

    public Task Start(TimeSpan due, TimeSpan period, bool interleave, bool keepAlive)
    {
        _timer = this.RegisterGrainTimer(
            TickAsync,
            new GrainTimerCreationOptions { DueTime = due, Period = period, Interleave = interleave, KeepAlive = keepAlive });
        return Task.CompletedTask;
    }

    public Task StartEach()
    {
        this.RegisterGrainTimer(
            static (signals, _) =>
            {
                signals.Count("state and token");
                return Task.CompletedTask;
            },
            signals,
            new GrainTimerCreationOptions(TimeSpan.Zero, Timeout.InfiniteTimeSpan));
        this.RegisterGrainTimer(
            signals =>
            {
                signals.Count("state");
                return Task.CompletedTask;
            },
            signals,
            TimeSpan.Zero,
            Timeout.InfiniteTimeSpan);
        this.RegisterGrainTimer(
            () =>
            {
                signals.Count("neither");
                return Task.CompletedTask;
            },
            new GrainTimerCreationOptions(TimeSpan.Zero, Timeout.InfiniteTimeSpan));
        return Task.CompletedTask;
    }

    public Task Change(TimeSpan due, TimeSpan period)
    {
        _timer!.Change(due, period);
        return Task.CompletedTask;
    }

    public Task Stop()
    {
        _timer!.Dispose();
        return Task.CompletedTask;
    }

    public async Task Hold(string name)
    {
        signals.Set($"{name} holds");
        await signals.WaitAsync($"{name} may go");
    }

    public Task Ping() => Task.CompletedTask;

    public Task<int> Ticks() => Task.FromResult(_ticks);

    public Task End()
    {
        DeactivateOnIdle();
        return Task.CompletedTask;
    }

    private async Task TickAsync(CancellationToken cancellationToken)
    {
        _ticks++;
        signals.Count($"{Key} tick");
        if (Key.StartsWith("fails", StringComparison.Ordinal))
        {
            throw new InvalidOperationException("a tick that fails");
        }

        if (Key.StartsWith("waits", StringComparison.Ordinal))
        {
            await Task.Delay(Timeout.Infinite, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
            signals.Set($"{Key} tick cancelled");
        }
    }
}
