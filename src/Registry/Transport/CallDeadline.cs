namespace ImageBuilder.Registry.Transport;

/// <summary>The time that one request may take with all its tries.</summary>
internal sealed class CallDeadline : IDisposable
{
    private readonly TimeProvider _time;
    private readonly TimeSpan _allowed;
    private readonly CancellationTokenSource _expiry;
    private readonly CancellationTokenSource _linked;
    private long _since;

    public CallDeadline(RegistryCall call, TimeProvider time, CancellationToken cancellationToken)
        : this(call, call.Deadline, time, cancellationToken)
    {
    }

    private CallDeadline(RegistryCall call, TimeSpan allowed, TimeProvider time, CancellationToken cancellationToken)
    {
        Call = call;
        _time = time;
        _allowed = allowed;
        _since = time.GetTimestamp();
        _expiry = new CancellationTokenSource(allowed, time);
        _linked = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _expiry.Token);
    }

    /// <summary>The call whose time this is.</summary>
    public RegistryCall Call { get; }

    /// <summary>Cancelled when the time is over or the caller gives up.</summary>
    public CancellationToken Token => _linked.Token;

    /// <summary>Whether the time is over.</summary>
    public bool IsOver => _expiry.IsCancellationRequested;

    /// <summary>What is left.</summary>
    public TimeSpan Remaining => _allowed - _time.GetElapsedTime(Interlocked.Read(ref _since));

    /// <summary>A part of this time: <paramref name="longest"/>, but half of what is left at most.</summary>
    public CallDeadline Part(TimeSpan longest)
    {
        var half = Remaining / 2;
        return new CallDeadline(Call, longest < half ? longest : half > TimeSpan.Zero ? half : TimeSpan.Zero, _time, Token);
    }

    /// <summary>Starts the time anew: bytes are flowing.</summary>
    public void Extend()
    {
        Interlocked.Exchange(ref _since, _time.GetTimestamp());
        _expiry.CancelAfter(_allowed);
    }

    public void Dispose()
    {
        _linked.Dispose();
        _expiry.Dispose();
    }
}
