namespace Orleans.Runtime;

/// <summary>A timer of one activation; it is its own request, since a tick is over before the next one is due.</summary>
internal sealed class GrainTimer : Request, IGrainTimer
{
    private readonly Lock _lock = new();
    private readonly Activation _activation;
    private readonly Func<CancellationToken, Task> _callback;
    private readonly CancellationTokenSource _cancellation = new();
    private readonly ITimer _timer;
    private TimeSpan _due = Timeout.InfiniteTimeSpan;
    private TimeSpan _period = Timeout.InfiniteTimeSpan;
    private bool _isFiring;
    private bool _isChanged;

    public GrainTimer(Activation activation, Func<CancellationToken, Task> callback, GrainTimerCreationOptions options)
    {
        _activation = activation;
        _callback = callback;
        Interleaves = options.Interleave || activation.Class.Reentrant;
        KeepsAlive = options.KeepAlive;
        using (ExecutionContext.IsFlowSuppressed() ? default : ExecutionContext.SuppressFlow())
        {
            _timer = activation.Runtime.Clock.CreateTimer(static timer => ((GrainTimer)timer!).Fire(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }
    }

    public override bool IsSettled => _cancellation.IsCancellationRequested;

    public void Change(TimeSpan dueTime, TimeSpan period)
    {
        Check(dueTime, nameof(dueTime));
        Check(period, nameof(period));
        lock (_lock)
        {
            (_due, _period, _isChanged) = (dueTime, period, true);
            if (!_isFiring && !IsSettled)
            {
                _timer.Change(dueTime, Timeout.InfiniteTimeSpan);
            }
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            _timer.Dispose();
        }

        _cancellation.Cancel();
        _activation.Remove(this);
    }

    public override async void Execute(Activation activation)
    {
        lock (_lock)
        {
            _isChanged = false;
        }

        Exception? failure = null;
        try
        {
            await _callback(_cancellation.Token);
        }
        catch (Exception error)
        {
            failure = error;
            activation.Runtime.LogTickFailed(error, activation.GrainId);
        }

        activation.Finish(this, failure);
        lock (_lock)
        {
            _isFiring = false;
            if (!IsSettled)
            {
                _timer.Change(_isChanged ? _due : _period, Timeout.InfiniteTimeSpan);
            }
        }
    }

    public override void Fail(Exception error)
    {
        // The activation ended, and its timers with it.
    }

    public override void Reroute(SiloRuntime runtime, GrainId id, GrainClass grainClass)
    {
        // A tick belongs to its activation alone.
    }

    private static void Check(TimeSpan time, string name)
    {
        if (time < TimeSpan.Zero && time != Timeout.InfiniteTimeSpan)
        {
            throw new ArgumentOutOfRangeException(name, time, "A timer's time is not negative, or it is Timeout.InfiniteTimeSpan.");
        }
    }

    private void Fire()
    {
        lock (_lock)
        {
            if (_isFiring || IsSettled)
            {
                return;
            }

            _isFiring = true;
        }

        _activation.TryEnqueue(this);
    }
}
