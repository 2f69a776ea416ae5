namespace Orleans.Runtime;

/// <summary>The calls that wait for an answer, in shards so that callers do not queue for one lock; each shard keeps one timer.</summary>
internal sealed class OutstandingCalls : IDisposable
{
    private readonly TimeProvider _clock;
    private readonly Shard[] _shards;

    public OutstandingCalls(TimeProvider clock)
    {
        _clock = clock;
        _shards = [.. Enumerable.Range(0, Math.Min(Environment.ProcessorCount, 16)).Select(_ => new Shard(this))];
    }

    public void Add(Request request, TimeSpan timeout)
    {
        request.Outstanding = this;
        if (timeout == Timeout.InfiniteTimeSpan || timeout == TimeSpan.MaxValue)
        {
            return;
        }

        request.Deadline = _clock.GetTimestamp() + (long)(timeout.TotalSeconds * _clock.TimestampFrequency);
        ShardOf(request).Add(request, timeout);
    }

    public void Remove(Request request) => ShardOf(request).Remove(request);

    public void Dispose()
    {
        foreach (var shard in _shards)
        {
            shard.Dispose();
        }
    }

    private Shard ShardOf(Request request) => _shards[(uint)System.Runtime.CompilerServices.RuntimeHelpers.GetHashCode(request) % (uint)_shards.Length];

    private sealed class Shard : IDisposable
    {
        private readonly Lock _lock = new();
        private readonly OutstandingCalls _calls;
        private readonly ITimer _timer;
        private Request? _first;
        private long _due = long.MaxValue;

        public Shard(OutstandingCalls calls)
        {
            _calls = calls;
            using (ExecutionContext.IsFlowSuppressed() ? default : ExecutionContext.SuppressFlow())
            {
                _timer = calls._clock.CreateTimer(static shard => ((Shard)shard!).Expire(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            }
        }

        public void Add(Request request, TimeSpan timeout)
        {
            var isNext = false;
            lock (_lock)
            {
                request.Next = _first;
                _first?.Previous = request;
                _first = request;
                if (request.Deadline < _due)
                {
                    _due = request.Deadline;
                    isNext = true;
                }
            }

            if (isNext)
            {
                _timer.Change(timeout, Timeout.InfiniteTimeSpan);
            }
        }

        public void Remove(Request request)
        {
            lock (_lock)
            {
                if (request.Previous is null && _first != request)
                {
                    return;
                }

                if (request.Previous is null)
                {
                    _first = request.Next;
                }
                else
                {
                    request.Previous.Next = request.Next;
                }

                request.Next?.Previous = request.Previous;
                request.Next = request.Previous = null;
            }
        }

        public void Dispose() => _timer.Dispose();

        private void Expire()
        {
            var now = _calls._clock.GetTimestamp();
            List<Request> expired = [];
            TimeSpan wait;
            lock (_lock)
            {
                _due = long.MaxValue;
                for (var request = _first; request is not null; request = request.Next)
                {
                    if (request.Deadline <= now)
                    {
                        expired.Add(request);
                    }
                    else
                    {
                        _due = Math.Min(_due, request.Deadline);
                    }
                }

                wait = _due == long.MaxValue
                    ? Timeout.InfiniteTimeSpan
                    : TimeSpan.FromMilliseconds(Math.Ceiling((_due - now) * 1000.0 / _calls._clock.TimestampFrequency));
            }

            if (wait != Timeout.InfiniteTimeSpan)
            {
                _timer.Change(wait, Timeout.InfiniteTimeSpan);
            }

            foreach (var request in expired)
            {
                Remove(request);
                request.OnTimeout();
            }
        }
    }
}
