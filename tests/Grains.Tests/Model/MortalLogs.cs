using ImageBuilder.Builds.Logs;

namespace ImageBuilder.Grains.Tests.Model;

/// <summary>The logs as one process reaches them.</summary>
internal sealed class MortalLogs(IBuildLogs inner, MortalProcess process) : IBuildLogs
{
    public async ValueTask<long> AppendAsync(Guid buildId, ReadOnlyMemory<byte> content, CancellationToken cancellationToken) =>
        await process.DoAsync(() => inner.AppendAsync(buildId, content, cancellationToken).AsTask());

    public async ValueTask<long> AppendAsync(Guid buildId, ReadOnlyMemory<byte> content, LogMark mark, CancellationToken cancellationToken) =>
        await process.DoAsync(() => inner.AppendAsync(buildId, content, mark, cancellationToken).AsTask());

    public ValueTask<LogMark?> GetMarkAsync(Guid buildId, CancellationToken cancellationToken) => inner.GetMarkAsync(buildId, cancellationToken);

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
}
