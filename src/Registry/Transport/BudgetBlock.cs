namespace ImageBuilder.Registry.Transport;

/// <summary>
/// A registry's "too many requests", and what came of it. While it lasts nothing is sent; after it one request goes to see, and the others wait for its
/// answer. For a while after that answer it is remembered, so that the next refusal counts as one more.
/// </summary>
internal sealed class BudgetBlock(TimeProvider time, TimeSpan longest)
{
    private static readonly TimeSpan ShortestWait = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestUnasked = TimeSpan.FromSeconds(60);

    private readonly Lock _lock = new();
    private int _refusals;
    private long _since;
    private TimeSpan _duration;
    private bool _isOver;
    private BudgetProbe? _probe;

    /// <summary>Whether it need not be remembered any longer.</summary>
    public bool IsForgotten
    {
        get
        {
            lock (_lock)
            {
                return _isOver && Remaining < -LongestUnasked;
            }
        }
    }

    private TimeSpan Remaining => _duration - time.GetElapsedTime(_since);

    /// <summary>What a request is to do.</summary>
    /// <param name="canProbe">Whether it may be the one that goes to see. One whose answer can take long would keep the others waiting.</param>
    public BudgetEntry Enter(bool canProbe)
    {
        lock (_lock)
        {
            if (_isOver)
            {
                return default;
            }

            if (Remaining is var wait && wait > TimeSpan.Zero)
            {
                return new BudgetEntry(wait, null, null);
            }

            if (!canProbe)
            {
                return default;
            }

            if (_probe is not null)
            {
                return new BudgetEntry(TimeSpan.Zero, _probe.Outcome, null);
            }

            _probe = new BudgetProbe(this);
            return new BudgetEntry(TimeSpan.Zero, null, _probe);
        }
    }

    /// <summary>A request was refused. Of many that were under way at the same time only the first counts.</summary>
    /// <returns>How long to stay away from now on, and whether that is news.</returns>
    public (TimeSpan Wait, bool Begins) Refuse(TimeSpan? asked)
    {
        lock (_lock)
        {
            var isAnother = _refusals == 0 || _isOver || Remaining <= TimeSpan.Zero;
            if (isAnother)
            {
                _refusals++;
            }

            var polite = Min(ShortestWait * Math.Pow(2, Math.Min(_refusals - 1, 10)), LongestUnasked);
            var duration = Min(
                asked is { } told ? Max(told, polite) : Max(polite * (0.5 + (0.5 * Random.Shared.NextDouble())), ShortestWait),
                longest);
            if (!isAnother && duration <= Remaining)
            {
                return (Remaining, false);
            }

            (_since, _duration, _isOver) = (time.GetTimestamp(), duration, false);
            return (duration, isAnother);
        }
    }

    /// <summary>The request that went to see was answered, and not refused.</summary>
    public void End(BudgetProbe probe)
    {
        lock (_lock)
        {
            if (_probe == probe)
            {
                (_since, _duration, _isOver) = (time.GetTimestamp(), TimeSpan.Zero, true);
                _probe = null;
            }
        }

        probe.Complete();
    }

    /// <summary>The request that went to see is over; if it was not answered, another may go.</summary>
    public void Release(BudgetProbe probe)
    {
        lock (_lock)
        {
            _probe = _probe == probe ? null : _probe;
        }

        probe.Complete();
    }

    private static TimeSpan Max(TimeSpan a, TimeSpan b) => a > b ? a : b;

    private static TimeSpan Min(TimeSpan a, TimeSpan b) => a < b ? a : b;
}
