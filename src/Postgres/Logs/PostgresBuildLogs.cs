using ImageBuilder.Builds.Logs;
using Npgsql;

namespace ImageBuilder.Postgres.Logs;

/// <summary>
/// Logs in tables <c>build_log</c> and <c>build_log_chunk</c> of a cluster's database. Past the limit, chunks from the middle are removed, as <see cref="FileBuildLogs"/>
/// does it. Any silo may read, write and remove; who opened a log last is the one who writes it. A database that is away is waited for.
/// </summary>
public sealed class PostgresBuildLogs(NpgsqlDataSource database, TimeProvider clock, PostgresLogOptions options) : IBuildLogs
{
    // The chunk that holds the offset is the last that begins at or before it.
    private const string Read =
        """
        SELECT log.log_end, greatest(chunk.log_start, $2),
            substring(chunk.content FROM greatest($2 - chunk.log_start, 0)::integer + 1
                FOR (least(chunk.log_stop, page.log_start + $3) - greatest(chunk.log_start, $2))::integer)
        FROM build_log AS log
        LEFT JOIN LATERAL (
            SELECT greatest(log_start, $2) AS log_start, log_start AS first FROM build_log_chunk
            WHERE build = $1 AND log_stop > $2 AND log_start >= coalesce(
                (SELECT max(log_start) FROM build_log_chunk WHERE build = $1 AND log_start <= $2), 0)
            ORDER BY build_log_chunk.log_start LIMIT 1) AS page ON true
        LEFT JOIN build_log_chunk AS chunk ON chunk.build = $1 AND chunk.log_start >= page.first AND chunk.log_start < page.log_start + $3
        WHERE log.build = $1
        ORDER BY chunk.log_start
        """;

    // Whoever reads or removes asks again by himself, and a reader's call does not last as long as a writer may.
    private static readonly TimeSpan ShortPatience = TimeSpan.FromSeconds(5);

    private readonly DatabaseRetry _writing = new(options.Patience, clock);
    private readonly DatabaseRetry _asking = new(options.Patience < ShortPatience ? options.Patience : ShortPatience, clock);

    /// <inheritdoc />
    public async ValueTask<ILogWriter> OpenAsync(Guid buildId, CancellationToken cancellationToken)
    {
        const string take =
            """
            INSERT INTO build_log (build, writer) VALUES ($1, $2) ON CONFLICT (build) DO UPDATE SET writer = excluded.writer
            RETURNING appends, log_end, attempt, consumed
            """;
        var writer = Guid.NewGuid();
        return await TryAsync(
            _writing,
            async () =>
            {
                await using var command = Command(take, buildId, writer);
                await using var row = await command.ExecuteReaderAsync(cancellationToken);
                await row.ReadAsync(cancellationToken);
                LogMark? mark = await row.IsDBNullAsync(2, cancellationToken) ? null : new LogMark(row.GetInt32(2), row.GetInt64(3));
                return new PostgresLogWriter(database, _writing, options, buildId, writer, row.GetInt64(0), row.GetInt64(1), mark);
            },
            cancellationToken);
    }

    /// <inheritdoc />
    public async ValueTask<LogPage> ReadAsync(Guid buildId, long offset, int maxBytes, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(maxBytes);
        return await TryAsync(
            _asking,
            async () =>
            {
                await using var command = Command(Read, buildId, offset, (long)maxBytes);
                await using var rows = await command.ExecuteReaderAsync(cancellationToken);
                return await ReadPageAsync(rows, cancellationToken);
            },
            cancellationToken);
    }

    /// <inheritdoc />
    public ValueTask<long> GetEndAsync(Guid buildId, CancellationToken cancellationToken) =>
        GetNumberAsync("SELECT coalesce(max(log_end), 0) FROM build_log WHERE build = $1", buildId, cancellationToken);

    /// <inheritdoc />
    public ValueTask<long> GetSizeAsync(Guid buildId, CancellationToken cancellationToken) =>
        GetNumberAsync("SELECT coalesce(sum(log_stop - log_start), 0)::bigint FROM build_log_chunk WHERE build = $1", buildId, cancellationToken);

    /// <inheritdoc />
    public ValueTask DropAsync(Guid buildId, CancellationToken cancellationToken) =>
        ExecuteAsync(buildId, cancellationToken, "DELETE FROM build_log_chunk WHERE build = $1");

    /// <inheritdoc />
    public ValueTask DeleteAsync(Guid buildId, CancellationToken cancellationToken) =>
        // In this order: the row that says who writes comes only after an append that was under way, whose chunks are then seen.
        ExecuteAsync(buildId, cancellationToken, "DELETE FROM build_log WHERE build = $1", "DELETE FROM build_log_chunk WHERE build = $1");

    private static async Task<LogPage> ReadPageAsync(NpgsqlDataReader rows, CancellationToken cancellationToken)
    {
        var (end, offset, stop) = (0L, 0L, 0L);
        var pieces = new List<byte[]>();
        while (await rows.ReadAsync(cancellationToken))
        {
            end = rows.GetInt64(0);
            if (await rows.IsDBNullAsync(2, cancellationToken))
            {
                break;
            }

            var start = rows.GetInt64(1);
            if (pieces.Count > 0 && start != stop)
            {
                break;
            }

            offset = pieces.Count == 0 ? start : offset;
            pieces.Add(await rows.GetFieldValueAsync<byte[]>(2, cancellationToken));
            stop = start + pieces[^1].Length;
        }

        return pieces.Count == 0 ? new LogPage(end, ReadOnlyMemory<byte>.Empty, end) : new LogPage(offset, Join(pieces), end);
    }

    private static byte[] Join(List<byte[]> pieces)
    {
        if (pieces.Count == 1)
        {
            return pieces[0];
        }

        var whole = new byte[pieces.Sum(piece => piece.Length)];
        var at = 0;
        foreach (var piece in pieces)
        {
            piece.CopyTo(whole, at);
            at += piece.Length;
        }

        return whole;
    }

    private async ValueTask<long> GetNumberAsync(string sql, Guid buildId, CancellationToken cancellationToken) => await TryAsync(
        _asking,
        async () =>
        {
            await using var command = Command(sql, buildId);
            return (long)(await command.ExecuteScalarAsync(cancellationToken))!;
        },
        cancellationToken);

    private async ValueTask ExecuteAsync(Guid buildId, CancellationToken cancellationToken, params string[] statements) => await TryAsync(
        _asking,
        async () =>
        {
            await using var batch = database.CreateBatch();
            foreach (var sql in statements)
            {
                batch.BatchCommands.Add(new NpgsqlBatchCommand(sql) { Parameters = { new NpgsqlParameter<Guid> { TypedValue = buildId } } });
            }

            return await batch.ExecuteNonQueryAsync(cancellationToken);
        },
        cancellationToken);

    private NpgsqlCommand Command(string sql, params object[] values)
    {
        var command = database.CreateCommand(sql);
        command.Parameters.AddRange(values.Select(value => new NpgsqlParameter { Value = value }).ToArray());
        return command;
    }

    // All of these may be done twice to the same effect.
    private static Task<T> TryAsync<T>(DatabaseRetry retry, Func<Task<T>> operation, CancellationToken cancellationToken) => retry.RunAsync(
        _ => operation(),
        error => new LogUnavailableException($"the database with the logs is away: {error.Message}", error),
        cancellationToken);
}
