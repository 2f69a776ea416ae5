using Npgsql;

namespace ImageBuilder.Sandbox.Throughput;

/// <summary>
/// Lines of 100 bytes from builders to the clients that follow them, each one append to a log. As many logs as there are to be are in the database; those of a
/// bounded number of builds grow.
/// </summary>
internal sealed class LogLoad(ThroughputCluster cluster, int mostBuilders) : ILoad, IAsyncDisposable
{
    private const int AtOnce = 8;

    private readonly List<LoggedBuild> _builds = [];

    /// <inheritdoc />
    public string Name => "log append";

    /// <inheritdoc />
    public int Grains { get; private set; }

    /// <inheritdoc />
    public int CallersOf(int callers) => Math.Min(callers, _builds.Count);

    /// <inheritdoc />
    public async Task GrowAsync(int grains, TimeSpan patience, CancellationToken cancellationToken)
    {
        var builders = Math.Min(grains, mostBuilders);
        for (var wanted = builders - _builds.Count; wanted > 0; wanted = builders - _builds.Count)
        {
            _builds.AddRange(await Task.WhenAll(Enumerable.Range(0, Math.Min(wanted, AtOnce)).Select(number =>
                LoggedBuild.StartAsync(cluster.Builder, cluster.Channel(number), cancellationToken))));
        }

        await AddAsync(grains - Math.Max(Grains, builders), cancellationToken);
        Grains = grains;
    }

    /// <inheritdoc />
    public Task CallAsync(int caller, int callers, CancellationToken cancellationToken) =>
        _builds[caller + (callers * Random.Shared.Next((_builds.Count - caller + callers - 1) / callers))].WriteLineAsync(cancellationToken);

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        foreach (var build in _builds)
        {
            await build.DisposeAsync();
        }
    }

    private async Task AddAsync(int logs, CancellationToken cancellationToken)
    {
        const string add =
            """
            WITH log AS (
                INSERT INTO build_log (build, writer, appends, log_end)
                SELECT gen_random_uuid(), gen_random_uuid(), 10, 1000 FROM generate_series(1, $1) RETURNING build)
            INSERT INTO build_log_chunk (build, log_start, log_stop, content)
            SELECT build, start, start + 100, convert_to(repeat('.', 99) || chr(10), 'UTF8') FROM log, generate_series(0, 900, 100) AS start
            """;
        await using var command = cluster.Database.CreateCommand(add);
        command.CommandTimeout = 0;
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = logs });
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
