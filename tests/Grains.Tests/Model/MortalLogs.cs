using ImageBuilder.Builds.Logs;

namespace ImageBuilder.Grains.Tests.Model;

/// <summary>The logs as one process reaches them.</summary>
internal sealed class MortalLogs(IBuildLogs inner, MortalProcess process) : IBuildLogs
{
    public async ValueTask<ILogWriter> OpenAsync(Guid buildId, CancellationToken cancellationToken) =>
        new Writer(await inner.OpenAsync(buildId, cancellationToken), process);

    public ValueTask<LogPage> ReadAsync(Guid buildId, long offset, int maxBytes, CancellationToken cancellationToken) =>
        inner.ReadAsync(buildId, offset, maxBytes, cancellationToken);

    public ValueTask<long> GetEndAsync(Guid buildId, CancellationToken cancellationToken) => inner.GetEndAsync(buildId, cancellationToken);

    public ValueTask<long> GetSizeAsync(Guid buildId, CancellationToken cancellationToken) => inner.GetSizeAsync(buildId, cancellationToken);

    public async ValueTask DropAsync(Guid buildId, CancellationToken cancellationToken) => await process.DoAsync(async () =>
    {
        await inner.DropAsync(buildId, cancellationToken);
        return true;
    });

    public async ValueTask DeleteAsync(Guid buildId, CancellationToken cancellationToken) => await process.DoAsync(async () =>
    {
        await inner.DeleteAsync(buildId, cancellationToken);
        return true;
    });

    private sealed class Writer(ILogWriter inner, MortalProcess process) : ILogWriter
    {
        public long End => inner.End;

        public LogMark? Mark => inner.Mark;

        public async ValueTask<long> AppendAsync(ReadOnlyMemory<byte> content, LogMark? mark, CancellationToken cancellationToken) =>
            await process.DoAsync(() => inner.AppendAsync(content, mark, cancellationToken).AsTask());
    }
}
