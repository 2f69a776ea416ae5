using System.Collections.Concurrent;
using System.Globalization;

namespace ImageBuilder.Builds.Logs;

/// <summary>
/// Logs in a folder: one sub-folder a build, cut into segment files named by the offset of their first byte. Past the limit, segments from
/// the middle are removed: the head stays, because it says what was built, and the tail stays, because it says why it failed.
/// </summary>
/// <param name="folder">Where logs are kept; made when missing.</param>
/// <param name="limit">Bytes kept of one log, at least 4 segments.</param>
/// <param name="segmentSize">Bytes in one segment file.</param>
public sealed class FileBuildLogs(string folder, long limit = FileBuildLogs.DefaultLimit, int segmentSize = FileBuildLogs.DefaultSegmentSize) : IBuildLogs
{
    /// <summary>64 MiB.</summary>
    public const long DefaultLimit = 64L << 20;

    /// <summary>1 MiB.</summary>
    public const int DefaultSegmentSize = 1 << 20;

    private readonly ConcurrentDictionary<Guid, Log> _logs = new();
    private readonly long _halfLimit = Math.Max(limit / 2, 2L * segmentSize);

    /// <inheritdoc />
    public async ValueTask<long> AppendAsync(Guid buildId, ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        var log = Open(buildId);
        while (!content.IsEmpty)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var (start, end) = log.Bounds();
            if (end - start >= segmentSize || log.IsEmpty)
            {
                Directory.CreateDirectory(log.Folder);
                start = end;
            }

            var piece = content[..(int)Math.Min(content.Length, segmentSize - (end - start))];
            using (var file = File.OpenHandle(log.SegmentPath(start), FileMode.OpenOrCreate, FileAccess.Write, FileShare.Read))
            {
                await RandomAccess.WriteAsync(file, piece, end - start, cancellationToken);
            }

            log.Extend(start, end + piece.Length);
            content = content[piece.Length..];
            DropMiddle(log);
        }

        return log.Bounds().End;
    }

    /// <inheritdoc />
    public async ValueTask<LogPage> ReadAsync(Guid buildId, long offset, int maxBytes, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(maxBytes);
        var log = Open(buildId);
        while (true)
        {
            var (segment, from, available, end) = log.Find(offset);
            if (available == 0)
            {
                return new LogPage(from, ReadOnlyMemory<byte>.Empty, end);
            }

            var buffer = new byte[Math.Min(maxBytes, available)];
            try
            {
                using var file = File.OpenHandle(log.SegmentPath(segment), FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
                var read = await RandomAccess.ReadAsync(file, buffer, from - segment, cancellationToken);
                return new LogPage(from, buffer.AsMemory(0, read), end);
            }
            catch (FileNotFoundException) when (log.Bounds().End > 0 && !log.Holds(segment))
            {
                // The segment was dropped between looking it up and opening it; look again.
            }
        }
    }

    /// <inheritdoc />
    public ValueTask<long> GetEndAsync(Guid buildId, CancellationToken cancellationToken) => ValueTask.FromResult(Open(buildId).Bounds().End);

    /// <inheritdoc />
    public ValueTask<long> GetSizeAsync(Guid buildId, CancellationToken cancellationToken) => ValueTask.FromResult(Open(buildId).Size());

    /// <inheritdoc />
    public ValueTask DropAsync(Guid buildId, CancellationToken cancellationToken)
    {
        var log = Open(buildId);
        var (_, end) = log.Bounds();
        if (log.Size() > 0)
        {
            // An empty segment tells where the log ended.
            File.Create(log.SegmentPath(end)).Dispose();
            log.Extend(end, end);
            foreach (var start in log.TakeBefore(end))
            {
                File.Delete(log.SegmentPath(start));
            }
        }

        return ValueTask.CompletedTask;
    }

    /// <inheritdoc />
    public ValueTask DeleteAsync(Guid buildId, CancellationToken cancellationToken)
    {
        var log = Open(buildId);
        _logs.TryRemove(buildId, out _);
        if (Directory.Exists(log.Folder))
        {
            Directory.Delete(log.Folder, recursive: true);
        }

        return ValueTask.CompletedTask;
    }

    private Log Open(Guid buildId) => _logs.GetOrAdd(buildId, id => new Log(FolderOf(id)));

    private string FolderOf(Guid buildId)
    {
        var name = buildId.ToString("N");
        return Path.Combine(folder, name[..2], name);
    }

    private void DropMiddle(Log log)
    {
        foreach (var start in log.TakeMiddle(_halfLimit))
        {
            File.Delete(log.SegmentPath(start));
        }
    }

    /// <summary>The segments of one log: where each begins and where it ends.</summary>
    private sealed class Log
    {
        private readonly Lock _lock = new();
        private readonly SortedList<long, long> _segments = [];

        public Log(string folder)
        {
            Folder = folder;
            if (!Directory.Exists(folder))
            {
                return;
            }

            foreach (var file in new DirectoryInfo(folder).EnumerateFiles("*.log"))
            {
                var start = long.Parse(Path.GetFileNameWithoutExtension(file.Name), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
                _segments.Add(start, start + file.Length);
            }
        }

        public string Folder { get; }

        public bool IsEmpty
        {
            get
            {
                lock (_lock)
                {
                    return _segments.Count == 0;
                }
            }
        }

        public string SegmentPath(long start) => Path.Combine(Folder, start.ToString("x16", CultureInfo.InvariantCulture) + ".log");

        /// <summary>Start of the last segment and end of the log.</summary>
        public (long Start, long End) Bounds()
        {
            lock (_lock)
            {
                return _segments.Count == 0 ? (0, 0) : (_segments.GetKeyAtIndex(_segments.Count - 1), _segments.GetValueAtIndex(_segments.Count - 1));
            }
        }

        public bool Holds(long start)
        {
            lock (_lock)
            {
                return _segments.ContainsKey(start);
            }
        }

        public void Extend(long start, long end)
        {
            lock (_lock)
            {
                _segments[start] = end;
            }
        }

        /// <summary>The segment that holds the byte at <paramref name="offset"/>, or else the first one behind it.</summary>
        public (long Segment, long From, long Available, long End) Find(long offset)
        {
            lock (_lock)
            {
                var end = _segments.Count == 0 ? 0 : _segments.GetValueAtIndex(_segments.Count - 1);
                var index = FirstEndingBehind(offset);
                if (index == _segments.Count)
                {
                    return (0, Math.Min(offset, end), 0, end);
                }

                var start = _segments.GetKeyAtIndex(index);
                var from = Math.Max(offset, start);
                return (start, from, _segments.GetValueAtIndex(index) - from, end);
            }
        }

        /// <summary>Forgets the segments that lie wholly behind the head and before the tail, and names them.</summary>
        public List<long> TakeMiddle(long half)
        {
            lock (_lock)
            {
                var tail = _segments.Count == 0 ? 0 : _segments.GetValueAtIndex(_segments.Count - 1) - half;
                var middle = _segments.Where(segment => segment.Key >= half && segment.Value <= tail).Select(segment => segment.Key).ToList();
                middle.ForEach(start => _segments.Remove(start));
                return middle;
            }
        }

        /// <summary>Forgets the segments that begin before <paramref name="end"/>, and names them.</summary>
        public List<long> TakeBefore(long end)
        {
            lock (_lock)
            {
                var starts = _segments.Keys.Where(start => start < end).ToList();
                starts.ForEach(start => _segments.Remove(start));
                return starts;
            }
        }

        /// <summary>Bytes that are kept.</summary>
        public long Size()
        {
            lock (_lock)
            {
                return _segments.Sum(segment => segment.Value - segment.Key);
            }
        }

        private int FirstEndingBehind(long offset)
        {
            var (low, high) = (0, _segments.Count);
            while (low < high)
            {
                var middle = (low + high) / 2;
                if (_segments.GetValueAtIndex(middle) <= offset)
                {
                    low = middle + 1;
                }
                else
                {
                    high = middle;
                }
            }

            return low;
        }
    }
}
