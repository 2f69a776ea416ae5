namespace ImageBuilder.Builds.Logs;

/// <summary>Writes one log of a <see cref="FileBuildLogs"/>. One process uses that folder, and has one writer a build.</summary>
internal sealed class FileLogWriter(FileBuildLogs logs, Guid buildId, long end, LogMark? mark) : ILogWriter
{
    /// <inheritdoc />
    public long End { get; private set; } = end;

    /// <inheritdoc />
    public LogMark? Mark { get; private set; } = mark;

    /// <inheritdoc />
    public async ValueTask<long> AppendAsync(ReadOnlyMemory<byte> content, LogMark? mark, CancellationToken cancellationToken)
    {
        End = await logs.AppendAsync(buildId, content, mark, cancellationToken);
        Mark = mark ?? Mark;
        return End;
    }
}
