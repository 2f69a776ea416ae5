using ImageBuilder.Grains;
using ImageBuilder.Grains.Messages;

namespace ImageBuilder.Gateway.Following;

/// <summary>
/// The log of one build on its way to all who follow it through this process. Those who wait at its end share one call; what came last is kept for
/// those who are a little behind. Whoever is further behind reads on his own until he has caught up: he delays nobody, and costs one page.
/// </summary>
internal sealed class LogRelay(IBuildGrain build, GrainCalls calls)
{
    /// <summary>Bytes of one call's answer at the most: a message's worth, and below what the garbage collector takes for large.</summary>
    public const int PageSize = 64 * 1024;

    private const int MaxRecentBytes = 2 << 20;
    private const int MaxRecentParts = 1024;

    private readonly SharedCalls<long, LogChunk?> _reads = new();
    private readonly Lock _lock = new();
    private readonly HashSet<Reader> _readers = [];

    // Parts without a gap between them but those of the log itself; they begin at _from and end at _to.
    private readonly LinkedList<(long From, LogPart Part)> _recent = new();
    private long _recentBytes;
    private long _from;
    private long _to;

    /// <summary>Whether nobody follows.</summary>
    public bool IsIdle
    {
        get
        {
            lock (_lock)
            {
                return _readers.Count == 0;
            }
        }
    }

    /// <summary>A follower that has read up to <paramref name="offset"/>.</summary>
    public Reader Join(long offset)
    {
        var reader = new Reader(this, offset);
        lock (_lock)
        {
            _readers.Add(reader);
        }

        return reader;
    }

    private async Task<LogPart?> ReadAsync(long offset, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            if (FindRecent(offset) is { } recent)
            {
                return recent;
            }
        }

        var chunk = await _reads.CallAsync(
            offset,
            abandoned => calls.RetryAsync(() => build.ReadLog(offset, PageSize, LongPoll.Wait, abandoned), abandoned),
            cancellationToken);
        if (chunk is null)
        {
            return null;
        }

        lock (_lock)
        {
            Keep(chunk, offset);
        }

        return LogPart.Of(chunk, offset);
    }

    private LogPart? FindRecent(long offset)
    {
        if (offset < _from || offset >= _to)
        {
            return null;
        }

        // Most are close to the end.
        var node = _recent.Last!;
        while (node.Value.From > offset)
        {
            node = node.Previous!;
        }

        return node.Value.Part.From(offset);
    }

    private void Keep(LogChunk chunk, long asked)
    {
        if (chunk.Next <= _to)
        {
            return;
        }

        if (asked > _to)
        {
            // Somebody is ahead of all that is kept.
            _recent.Clear();
            _recentBytes = 0;
            _from = asked;
            _to = asked;
        }

        var part = LogPart.Of(chunk, _to);
        _recent.AddLast((_to, part));
        _recentBytes += part.Content.Length;
        _to = part.Next;
        Trim();
    }

    private void Trim()
    {
        // Who is behind what is kept does not count: he reads on his own.
        var needed = _to;
        foreach (var reader in _readers)
        {
            if (reader.Offset >= _from && reader.Offset < needed)
            {
                needed = reader.Offset;
            }
        }

        while (_recent.First is { } first
            && (first.Value.Part.Next <= needed || _recentBytes > MaxRecentBytes || _recent.Count > MaxRecentParts))
        {
            _recent.RemoveFirst();
            _recentBytes -= first.Value.Part.Content.Length;
            _from = first.Value.Part.Next;
        }
    }

    private void Leave(Reader reader)
    {
        lock (_lock)
        {
            _readers.Remove(reader);
        }
    }

    /// <summary>One who follows.</summary>
    internal sealed class Reader(LogRelay relay, long offset) : IDisposable
    {
        /// <summary>How far it has read.</summary>
        public long Offset => Volatile.Read(ref offset);

        /// <summary>What comes next, after some time perhaps nothing; null when there is no such build any more.</summary>
        public async Task<LogPart?> ReadAsync(CancellationToken cancellationToken)
        {
            var part = await relay.ReadAsync(offset, cancellationToken);
            if (part is not null)
            {
                Volatile.Write(ref offset, Math.Max(offset, part.Next));
            }

            return part;
        }

        /// <inheritdoc />
        public void Dispose() => relay.Leave(this);
    }
}
