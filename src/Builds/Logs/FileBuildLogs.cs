namespace ImageBuilder.Builds.Logs;

/// <summary>
/// Logs in a folder: one sub-folder a build, cut into segment files named by the offset of their first byte. Past the limit, segments from
/// the middle are removed: the head stays, because it says what was built, and the tail stays, because it says why it failed.
/// What a process wrote outlasts it, however it ends; what a crash of the machine takes shows as missing bytes.
/// </summary>
/// <param name="folder">Where logs are kept; made when missing.</param>
/// <param name="limit">Bytes kept of one log, at least 4 segments.</param>
/// <param name="segmentSize">Bytes in one segment file.</param>
/// <param name="keptLogs">Logs that are kept in mind, with two files open each, when nobody uses them at the moment.</param>
public sealed class FileBuildLogs(
    string folder,
    long limit = FileBuildLogs.DefaultLimit,
    int segmentSize = FileBuildLogs.DefaultSegmentSize,
    int keptLogs = FileBuildLogs.DefaultKeptLogs) : IBuildLogs
{
    /// <summary>64 MiB.</summary>
    public const long DefaultLimit = 64L << 20;

    /// <summary>1 MiB.</summary>
    public const int DefaultSegmentSize = 1 << 20;

    /// <summary>200.</summary>
    public const int DefaultKeptLogs = 200;

    private readonly long _halfLimit = Math.Max(limit / 2, 2L * segmentSize);

    // The one used last is first.
    private readonly Lock _lock = new();
    private readonly Dictionary<Guid, LinkedListNode<Kept>> _byBuild = [];
    private readonly LinkedList<Kept> _byUse = new();

    /// <summary>How many logs are kept in mind at the moment.</summary>
    internal int KeptCount
    {
        get
        {
            lock (_lock)
            {
                return _byUse.Count;
            }
        }
    }

    /// <inheritdoc />
    public ValueTask<ILogWriter> OpenAsync(Guid buildId, CancellationToken cancellationToken)
    {
        using var use = Use(buildId);
        return ValueTask.FromResult<ILogWriter>(new FileLogWriter(this, buildId, use.Log.End, use.Log.Mark));
    }

    /// <inheritdoc />
    public async ValueTask<LogPage> ReadAsync(Guid buildId, long offset, int maxBytes, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(maxBytes);
        using var use = Use(buildId);
        return await use.Log.ReadAsync(offset, maxBytes, cancellationToken);
    }

    /// <inheritdoc />
    public ValueTask<long> GetEndAsync(Guid buildId, CancellationToken cancellationToken)
    {
        using var use = Use(buildId);
        return ValueTask.FromResult(use.Log.End);
    }

    /// <inheritdoc />
    public ValueTask<long> GetSizeAsync(Guid buildId, CancellationToken cancellationToken)
    {
        using var use = Use(buildId);
        return ValueTask.FromResult(use.Log.Size);
    }

    /// <inheritdoc />
    public async ValueTask DropAsync(Guid buildId, CancellationToken cancellationToken)
    {
        using var use = Use(buildId);
        await use.Log.DropAsync(cancellationToken);
    }

    /// <inheritdoc />
    public async ValueTask DeleteAsync(Guid buildId, CancellationToken cancellationToken)
    {
        using var use = Use(buildId);
        await use.Log.DeleteAsync(cancellationToken);
    }

    /// <summary>Appends to the log of a build.</summary>
    internal async ValueTask<long> AppendAsync(Guid buildId, ReadOnlyMemory<byte> content, LogMark? mark, CancellationToken cancellationToken)
    {
        using var use = Use(buildId);
        return await use.Log.AppendAsync(content, mark, cancellationToken);
    }

    private string FolderOf(Guid buildId)
    {
        var name = buildId.ToString("N");
        return Path.Combine(folder, name[..2], name);
    }

    private Lease Use(Guid buildId)
    {
        LinkedListNode<Kept>? node;
        lock (_lock)
        {
            if (_byBuild.TryGetValue(buildId, out node))
            {
                _byUse.Remove(node);
            }
            else
            {
                node = new LinkedListNode<Kept>(new Kept(buildId, () => new FileLog(FolderOf(buildId), _halfLimit, segmentSize)));
                _byBuild.Add(buildId, node);
            }

            _byUse.AddFirst(node);
            node.Value.Users++;
        }

        try
        {
            // Outside of the lock: a folder that is slow to be read, or cannot be, is the business of one build alone.
            return new Lease(this, node, node.Value.Log.Value);
        }
        catch (Exception error)
        {
            Leave(node, keep: false);
            throw error is UnauthorizedAccessException ? new IOException($"the log cannot be read: {error.Message}", error) : error;
        }
    }

    private void Leave(LinkedListNode<Kept> used, bool keep)
    {
        lock (_lock)
        {
            used.Value.Users--;
            if (!keep && used.Value.Users == 0)
            {
                Forget(used);
            }

            for (var node = _byUse.Last; node is not null && _byUse.Count > keptLogs;)
            {
                var before = node.Previous;
                if (node.Value.Users == 0)
                {
                    Forget(node);
                }

                node = before;
            }
        }
    }

    private void Forget(LinkedListNode<Kept> node)
    {
        _byUse.Remove(node);
        _byBuild.Remove(node.Value.BuildId);
        node.Value.Dispose();
    }

    /// <summary>A log that is kept in mind. What it holds can be read from its folder again, so it can be forgotten whenever nobody uses it.</summary>
    private sealed class Kept(Guid buildId, Func<FileLog> open) : IDisposable
    {
        public Guid BuildId => buildId;

        // A failure is not kept: the next use tries again.
        public Lazy<FileLog> Log { get; } = new(open, LazyThreadSafetyMode.PublicationOnly);

        public int Users { get; set; }

        public void Dispose()
        {
            if (Log.IsValueCreated)
            {
                Log.Value.Dispose();
            }
        }
    }

    private readonly struct Lease(FileBuildLogs logs, LinkedListNode<Kept> node, FileLog log) : IDisposable
    {
        public FileLog Log => log;

        // A log that does not exist need not be remembered.
        public void Dispose() => logs.Leave(node, keep: log.End > 0 || log.Mark is not null);
    }
}
