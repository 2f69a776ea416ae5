namespace ImageBuilder.Registry.Transport;

/// <summary>
/// Values that are fetched once for all who ask at the same time, and kept for their lifetime. Who waits shares the outcome, failures too; a
/// failure is not kept. A caller who gives up does not end the fetch. When full, what was used least recently goes.
/// </summary>
/// <param name="time">The clock.</param>
/// <param name="capacity">How many values are kept.</param>
internal sealed class SingleFlightCache<T>(TimeProvider time, int capacity) where T : class
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, Entry> _entries = new(StringComparer.Ordinal);

    /// <summary>The value for <paramref name="key"/>, but never the one that was <paramref name="rejected"/>.</summary>
    public Task<T> GetAsync(string key, T? rejected, Func<Task<Fetched<T>>> fetch, CancellationToken cancellationToken)
    {
        Entry entry;
        lock (_lock)
        {
            if (!_entries.TryGetValue(key, out entry!) || !entry.IsUsable(time, rejected))
            {
                MakeRoom();
                // On the thread pool: a fetch serves many callers and must not be bound to the scheduler of the first.
                entry = new Entry(time.GetTimestamp(), Task.Run(fetch, CancellationToken.None));
                _entries[key] = entry;
            }

            entry.LastUsed = time.GetTimestamp();
        }

        return WaitAsync(key, entry, cancellationToken);
    }

    /// <summary>The value that is kept for <paramref name="key"/> at this moment, or null.</summary>
    public T? Peek(string key)
    {
        lock (_lock)
        {
            return _entries.TryGetValue(key, out var entry) && entry.Fetch.IsCompletedSuccessfully ? entry.Fetch.Result.Value : null;
        }
    }

    private async Task<T> WaitAsync(string key, Entry entry, CancellationToken cancellationToken)
    {
        try
        {
            return (await entry.Fetch.WaitAsync(cancellationToken)).Value;
        }
        catch when (entry.Fetch.IsFaulted || entry.Fetch.IsCanceled)
        {
            lock (_lock)
            {
                if (_entries.TryGetValue(key, out var current) && current == entry)
                {
                    _entries.Remove(key);
                }
            }

            throw;
        }
    }

    private void MakeRoom()
    {
        if (_entries.Count >= capacity)
        {
            foreach (var (key, _) in _entries.OrderBy(entry => entry.Value.LastUsed).Take(1 + (capacity / 8)).ToList())
            {
                _entries.Remove(key);
            }
        }
    }

    private sealed class Entry(long started, Task<Fetched<T>> fetch)
    {
        public Task<Fetched<T>> Fetch { get; } = fetch;

        public long LastUsed { get; set; }

        public bool IsUsable(TimeProvider time, T? rejected) =>
            !Fetch.IsCompleted
            || (Fetch.IsCompletedSuccessfully && !ReferenceEquals(Fetch.Result.Value, rejected) && time.GetElapsedTime(started) < Fetch.Result.Lifetime);
    }
}
