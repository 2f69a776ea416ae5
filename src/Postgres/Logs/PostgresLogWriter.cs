using System.Diagnostics.CodeAnalysis;
using ImageBuilder.Builds.Logs;
using Npgsql;

namespace ImageBuilder.Postgres.Logs;

/// <summary>
/// Writes one log. An append is one statement that takes effect when the log is this writer's and has as many appends as it knows, or else not at all. So one
/// whose answer was lost can be sent again, one that is late does nothing, and a writer that was overtaken by another finds out.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "A semaphore without a wait handle holds nothing, and a writer has no end that anybody knows.")]
internal sealed class PostgresLogWriter(
    NpgsqlDataSource database, DatabaseRetry retry, PostgresLogOptions options, Guid buildId, Guid writer, long appends, long end, LogMark? mark) : ILogWriter
{
    private const string Append =
        """
        WITH log AS (
            UPDATE build_log SET appends = $3 + 1, log_end = $4, attempt = $5, consumed = $6
            WHERE build = $1 AND writer = $2 AND appends = $3 RETURNING build),
        added AS (
            INSERT INTO build_log_chunk (build, log_start, log_stop, content)
            SELECT build, piece.log_start, piece.log_start + length(piece.content), piece.content
            FROM log, unnest($7, $8) AS piece (log_start, content)),
        dropped AS (
            DELETE FROM build_log_chunk AS chunk USING log
            WHERE chunk.build = log.build AND chunk.log_start >= $9 AND chunk.log_start < $10 AND chunk.log_stop <= $10)
        SELECT count(*) FROM log
        """;

    private readonly long _halfLimit = Math.Max(options.Limit / 2, 2L * options.ChunkSize);
    private readonly SemaphoreSlim _writing = new(1);
    private long _appends = appends;
    private bool _isClosed;

    // What lies before, up to the head, is removed already.
    private long _dropped;

    /// <inheritdoc />
    public long End { get; private set; } = end;

    /// <inheritdoc />
    public LogMark? Mark { get; private set; } = mark;

    /// <inheritdoc />
    public async ValueTask<long> AppendAsync(ReadOnlyMemory<byte> content, LogMark? mark, CancellationToken cancellationToken)
    {
        await _writing.WaitAsync(cancellationToken);
        try
        {
            cancellationToken.ThrowIfCancellationRequested();
            await StoreAsync(content, mark ?? Mark, cancellationToken);
            Mark = mark ?? Mark;
            return End += content.Length;
        }
        finally
        {
            _writing.Release();
        }
    }

    /// <summary>Stores the bytes once, however often that is tried. Whoever gives up in between does not know whether they are stored.</summary>
    private async Task StoreAsync(ReadOnlyMemory<byte> content, LogMark? mark, CancellationToken cancellationToken)
    {
        if (_isClosed)
        {
            throw Unavailable("it is not known what became of this writer's last append, or another writes the log", cause: null);
        }

        var tail = End + content.Length - _halfLimit;
        var isUncertain = false;
        _isClosed = true;
        try
        {
            await retry.RunAsync(
                isRepeated => StoreOnceAsync(content, mark, tail, isUncertain = isRepeated),
                error => Unavailable("the database is away", error),
                cancellationToken);
        }
        catch (IOException error) when (error is not LogUnavailableException)
        {
            // Refused: this try has stored nothing.
            _isClosed = isUncertain;
            throw;
        }

        _isClosed = false;
        _appends++;

        // A chunk that reaches into the tail begins a chunk's length before it at the most, and those of this append were not looked at yet.
        _dropped = Math.Max(_dropped, Math.Min(tail - options.ChunkSize, End));
    }

    // The caller's cancellation does not end it: then nobody would know whether the bytes are stored.
    private async Task<bool> StoreOnceAsync(ReadOnlyMemory<byte> content, LogMark? mark, long tail, bool isRepeated)
    {
        var (starts, pieces) = Cut(content);
        await using var command = database.CreateCommand(Append);
        Add(command, buildId);
        Add(command, writer);
        Add(command, _appends);
        Add(command, End + content.Length);
        command.Parameters.Add(new NpgsqlParameter<int?> { TypedValue = mark?.Attempt });
        command.Parameters.Add(new NpgsqlParameter<long?> { TypedValue = mark?.Consumed });
        Add(command, starts);
        Add(command, pieces);
        Add(command, Math.Max(_halfLimit, _dropped));
        Add(command, tail);
        var isStored = await command.ExecuteScalarAsync(CancellationToken.None) is 1L || (isRepeated && await CountAppendsAsync() == _appends + 1);
        return isStored ? true : throw Unavailable("another writer was opened, or the log was removed", cause: null);
    }

    /// <summary>How many appends the log has; null when it is another writer's.</summary>
    private async Task<long?> CountAppendsAsync()
    {
        await using var command = database.CreateCommand("SELECT appends FROM build_log WHERE build = $1 AND writer = $2");
        Add(command, buildId);
        Add(command, writer);
        return await command.ExecuteScalarAsync(CancellationToken.None) as long?;
    }

    /// <summary>Cuts into chunks; none lies partly in the head, so that the head is kept whole and nothing beside.</summary>
    private (long[] Starts, byte[][] Pieces) Cut(ReadOnlyMemory<byte> content)
    {
        var (starts, pieces) = (new List<long>(), new List<byte[]>());
        for (var at = End; !content.IsEmpty; at += pieces[^1].Length)
        {
            var room = at < _halfLimit ? Math.Min(options.ChunkSize, _halfLimit - at) : options.ChunkSize;
            starts.Add(at);
            pieces.Add(content[..(int)Math.Min(content.Length, room)].ToArray());
            content = content[pieces[^1].Length..];
        }

        return ([.. starts], [.. pieces]);
    }

    private static void Add<T>(NpgsqlCommand command, T value) => command.Parameters.Add(new NpgsqlParameter<T> { TypedValue = value });

    private LogUnavailableException Unavailable(string why, Exception? cause) =>
        new($"the log of build {buildId} can be written no more by this writer: {why}; open it again", cause);
}
