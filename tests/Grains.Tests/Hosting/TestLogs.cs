using ImageBuilder.Builds.Logs;

namespace ImageBuilder.Grains.Tests.Hosting;

/// <summary>Build logs in a folder that a test can make fail.</summary>
internal sealed class TestLogs(string folder) : IBuildLogs
{
    private readonly FileBuildLogs _inner = new(folder);

    /// <summary>Called before an append; it may wait, and it may throw.</summary>
    public Func<CancellationToken, Task> BeforeAppend { get; set; } = _ => Task.CompletedTask;

    /// <summary>Called before the end is told; it may throw.</summary>
    public Action BeforeGetEnd { get; set; } = () => { };

    /// <summary>Called before a log is read; it may throw.</summary>
    public Action BeforeRead { get; set; } = () => { };

    /// <summary>Called before a log is deleted; it may throw.</summary>
    public Action<Guid> BeforeDelete { get; set; } = _ => { };

    public async ValueTask<ILogWriter> OpenAsync(Guid buildId, CancellationToken cancellationToken) =>
        new Writer(this, await _inner.OpenAsync(buildId, cancellationToken));

    public async ValueTask<LogPage> ReadAsync(Guid buildId, long offset, int maxBytes, CancellationToken cancellationToken)
    {
        BeforeRead();
        return await _inner.ReadAsync(buildId, offset, maxBytes, cancellationToken);
    }

    public ValueTask<long> GetEndAsync(Guid buildId, CancellationToken cancellationToken)
    {
        BeforeGetEnd();
        cancellationToken.ThrowIfCancellationRequested();
        return _inner.GetEndAsync(buildId, cancellationToken);
    }

    public ValueTask<long> GetSizeAsync(Guid buildId, CancellationToken cancellationToken) => _inner.GetSizeAsync(buildId, cancellationToken);

    public ValueTask DropAsync(Guid buildId, CancellationToken cancellationToken) => _inner.DropAsync(buildId, cancellationToken);

    public ValueTask DeleteAsync(Guid buildId, CancellationToken cancellationToken)
    {
        BeforeDelete(buildId);
        return _inner.DeleteAsync(buildId, cancellationToken);
    }

    private sealed class Writer(TestLogs logs, ILogWriter inner) : ILogWriter
    {
        public long End => inner.End;

        public LogMark? Mark => inner.Mark;

        public async ValueTask<long> AppendAsync(ReadOnlyMemory<byte> content, LogMark? mark, CancellationToken cancellationToken)
        {
            await logs.BeforeAppend(cancellationToken);
            return await inner.AppendAsync(content, mark, cancellationToken);
        }
    }
}
