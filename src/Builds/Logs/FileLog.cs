using System.Globalization;
using Microsoft.Win32.SafeHandles;

namespace ImageBuilder.Builds.Logs;

/// <summary>
/// The log of one build in a folder: segment files, each named by the offset of its first byte, and the <see cref="CommitFile"/>. Bytes are written
/// first, then their end is committed, and only then are they told. Between two segments bytes may be missing; no offset is ever used twice.
/// </summary>
internal sealed class FileLog : IDisposable
{
    private const string Extension = ".log";

    private readonly string _folder;
    private readonly long _halfLimit;
    private readonly int _segmentSize;
    private readonly SemaphoreSlim _writing = new(1);

    private readonly Lock _lock = new();
    private readonly SortedList<long, long> _segments = [];
    private CommitFile.Commit? _commit;
    private long _end;

    // Held by who writes.
    private CommitFile? _commits;
    private SafeFileHandle? _segment;
    private long _segmentStart;

    /// <summary>Looks at what <paramref name="folder"/> holds; what does not belong there is left alone.</summary>
    /// <param name="folder">Folder of this log; it need not exist.</param>
    /// <param name="halfLimit">Bytes kept of the head, and of the tail.</param>
    /// <param name="segmentSize">Bytes in one segment.</param>
    public FileLog(string folder, long halfLimit, int segmentSize)
    {
        _folder = folder;
        _halfLimit = halfLimit;
        _segmentSize = segmentSize;
        if (!Directory.Exists(folder))
        {
            return;
        }

        _commit = CommitFile.Read(folder);
        var found = FindFiles();
        for (var i = 0; i < found.Count; i++)
        {
            // What reaches into the next segment, or behind the end, was never told.
            var limit = i + 1 < found.Count ? found[i + 1].Start : long.MaxValue;
            var stop = Math.Min(found[i].Stop, Math.Min(limit, _commit?.End ?? long.MaxValue));
            if (stop > found[i].Start)
            {
                _segments.Add(found[i].Start, stop);
                _end = stop;
            }
        }

        _end = Math.Max(_end, _commit?.End ?? 0);
    }

    /// <summary>Where the log ends.</summary>
    public long End
    {
        get
        {
            lock (_lock)
            {
                return _end;
            }
        }
    }

    /// <summary>Bytes that are kept.</summary>
    public long Size
    {
        get
        {
            lock (_lock)
            {
                return _segments.Sum(segment => segment.Value - segment.Key);
            }
        }
    }

    /// <summary>What was stored with the last bytes.</summary>
    public LogMark? Mark
    {
        get
        {
            lock (_lock)
            {
                return _commit?.Mark;
            }
        }
    }

    /// <summary>Appends all of <paramref name="content"/> or nothing.</summary>
    public async ValueTask<long> AppendAsync(ReadOnlyMemory<byte> content, LogMark? mark, CancellationToken cancellationToken)
    {
        await _writing.WaitAsync(cancellationToken);
        try
        {
            _commits ??= OpenForWriting();
            var at = _end;
            var written = new List<(long Start, long Stop)>();
            while (!content.IsEmpty)
            {
                cancellationToken.ThrowIfCancellationRequested();
                OpenSegment(at);
                var piece = content[..(int)Math.Min(content.Length, _segmentStart + _segmentSize - at)];
                await RandomAccess.WriteAsync(_segment!, piece, at - _segmentStart, cancellationToken);
                at += piece.Length;
                written.Add((_segmentStart, at));
                content = content[piece.Length..];
            }

            Commit(_commits.Write(at, mark ?? _commit?.Mark), written);
            DropMiddle();
            return at;
        }
        catch
        {
            // The next append starts from what was committed.
            CloseFiles();
            throw;
        }
        finally
        {
            _writing.Release();
        }
    }

    /// <summary>Reads from <paramref name="offset"/> what one segment holds, at most <paramref name="maxBytes"/>.</summary>
    public async ValueTask<LogPage> ReadAsync(long offset, int maxBytes, CancellationToken cancellationToken)
    {
        while (true)
        {
            var (segment, from, available, end) = Find(offset);
            if (available == 0)
            {
                return new LogPage(end, ReadOnlyMemory<byte>.Empty, end);
            }

            var buffer = GC.AllocateUninitializedArray<byte>((int)Math.Min(maxBytes, available));
            try
            {
                using var file = File.OpenHandle(PathOf(segment), FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
                var read = await RandomAccess.ReadAsync(file, buffer, from - segment, cancellationToken);
                if (read > 0)
                {
                    return new LogPage(from, buffer.AsMemory(0, read), end);
                }
            }
            catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
            {
                // Dropped since it was looked up, or removed by somebody else.
                from = segment;
            }
            catch (UnauthorizedAccessException error)
            {
                throw new IOException($"the log cannot be read: {error.Message}", error);
            }

            LoseFrom(segment, from);
        }
    }

    /// <summary>Removes the bytes, but not where they ended.</summary>
    public async ValueTask DropAsync(CancellationToken cancellationToken)
    {
        await _writing.WaitAsync(cancellationToken);
        try
        {
            if (Size == 0)
            {
                return;
            }

            if (_commit is null)
            {
                _commits ??= OpenForWriting();
                Commit(_commits.Write(_end, mark: null), []);
            }

            CloseFiles();
            foreach (var start in Starts())
            {
                File.Delete(PathOf(start));
                LoseFrom(start, start);
            }
        }
        finally
        {
            _writing.Release();
        }
    }

    /// <summary>Removes all of the log.</summary>
    public async ValueTask DeleteAsync(CancellationToken cancellationToken)
    {
        await _writing.WaitAsync(cancellationToken);
        try
        {
            CloseFiles();
            if (Directory.Exists(_folder))
            {
                Directory.Delete(_folder, recursive: true);
            }

            lock (_lock)
            {
                _segments.Clear();
                _commit = null;
                _end = 0;
            }
        }
        finally
        {
            _writing.Release();
        }
    }

    /// <summary>Closes the files. Nobody may be using the log.</summary>
    public void Dispose()
    {
        CloseFiles();
        _writing.Dispose();
    }

    private List<(long Start, long Stop)> FindFiles() =>
    [
        .. new DirectoryInfo(_folder).EnumerateFiles("*" + Extension)
            .Select(file => (Start: StartOf(file.Name), file.Length))
            .Where(file => file is { Start: >= 0, Length: > 0 })
            .Select(file => (file.Start, Stop: file.Start + file.Length))
            .OrderBy(file => file.Start),
    ];

    private List<long> Starts()
    {
        lock (_lock)
        {
            return [.. _segments.Keys];
        }
    }

    private static long StartOf(string name) =>
        name.Length == 16 + Extension.Length
            && long.TryParse(name.AsSpan(0, 16), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var start) ? start : -1;

    private string PathOf(long start) => Path.Combine(_folder, start.ToString("x16", CultureInfo.InvariantCulture) + Extension);

    private CommitFile OpenForWriting()
    {
        Directory.CreateDirectory(_folder);
        foreach (var (start, _) in FindFiles().Where(file => file.Start >= _end))
        {
            // Never committed. It would stand in the way of bytes that are.
            File.Delete(PathOf(start));
        }

        return CommitFile.Open(_folder, _commit);
    }

    /// <summary>Has the segment open that the byte at <paramref name="at"/>, the next of the log, belongs to.</summary>
    private void OpenSegment(long at)
    {
        if (_segment is not null)
        {
            if (at - _segmentStart < _segmentSize && RandomAccess.GetLength(_segment) >= at - _segmentStart)
            {
                return;
            }

            _segment.Dispose();
            _segment = null;
        }
        else if (TryReopenLast(at))
        {
            return;
        }

        _segment = File.OpenHandle(PathOf(at), FileMode.Create, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete);
        _segmentStart = at;
    }

    private bool TryReopenLast(long at)
    {
        lock (_lock)
        {
            if (_segments.Count == 0 || _segments.GetValueAtIndex(_segments.Count - 1) != at)
            {
                return false;
            }

            _segmentStart = _segments.GetKeyAtIndex(_segments.Count - 1);
        }

        if (at - _segmentStart >= _segmentSize || !File.Exists(PathOf(_segmentStart)))
        {
            return false;
        }

        _segment = File.OpenHandle(PathOf(_segmentStart), FileMode.Open, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete);
        RandomAccess.SetLength(_segment, at - _segmentStart);
        return true;
    }

    private void Commit(CommitFile.Commit commit, List<(long Start, long Stop)> written)
    {
        lock (_lock)
        {
            foreach (var (start, stop) in written)
            {
                _segments[start] = stop;
            }

            _commit = commit;
            _end = commit.End;
        }
    }

    private void CloseFiles()
    {
        _segment?.Dispose();
        _segment = null;
        _commits?.Dispose();
        _commits = null;
    }

    /// <summary>The segment that holds the byte at <paramref name="offset"/>, or else the first one behind it.</summary>
    private (long Segment, long From, long Available, long End) Find(long offset)
    {
        lock (_lock)
        {
            var index = FirstIndex(stop => stop > offset);
            if (index == _segments.Count)
            {
                return (0, 0, 0, _end);
            }

            var start = _segments.GetKeyAtIndex(index);
            var from = Math.Max(offset, start);
            return (start, from, _segments.GetValueAtIndex(index) - from, _end);
        }
    }

    /// <summary>Notes that a segment holds nothing from <paramref name="offset"/> on, whatever it held before.</summary>
    private void LoseFrom(long segment, long offset)
    {
        lock (_lock)
        {
            if (offset == segment)
            {
                _segments.Remove(segment);
            }
            else if (_segments.ContainsKey(segment))
            {
                _segments[segment] = offset;
            }
        }
    }

    /// <summary>Removes the segments that lie wholly behind the head and before the tail.</summary>
    private void DropMiddle()
    {
        foreach (var start in FindMiddle())
        {
            try
            {
                File.Delete(PathOf(start));
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                // The bytes that were appended are stored all the same. The next append tries again.
                return;
            }

            lock (_lock)
            {
                _segments.Remove(start);
            }
        }
    }

    private List<long> FindMiddle()
    {
        lock (_lock)
        {
            var middle = new List<long>();
            for (var index = FirstIndex(stop => stop > _halfLimit);
                index < _segments.Count && _segments.GetValueAtIndex(index) <= _end - _halfLimit;
                index++)
            {
                if (_segments.GetKeyAtIndex(index) >= _halfLimit)
                {
                    middle.Add(_segments.GetKeyAtIndex(index));
                }
            }

            return middle;
        }
    }

    private int FirstIndex(Func<long, bool> isReached)
    {
        var (low, high) = (0, _segments.Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (isReached(_segments.GetValueAtIndex(middle)))
            {
                high = middle;
            }
            else
            {
                low = middle + 1;
            }
        }

        return low;
    }
}
