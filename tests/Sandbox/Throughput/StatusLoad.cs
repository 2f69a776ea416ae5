using ImageBuilder.Grains;
using ImageBuilder.Grains.Messages;
using Npgsql;

namespace ImageBuilder.Sandbox.Throughput;

/// <summary>
/// Changes of builds' states, each of which is stored before it is told: pins and their opposite, of builds that have ended. Their states are copies of one that was
/// built, and they are called as silos call them: no gateway is on the way of a status.
/// </summary>
internal sealed class StatusLoad(ThroughputCluster cluster, Guid template) : ILoad
{
    private readonly List<(Guid Id, bool Pinned)> _builds = [];

    /// <inheritdoc />
    public string Name => "status update";

    /// <inheritdoc />
    public int Grains { get; private set; }

    /// <inheritdoc />
    public int CallersOf(int callers) => Math.Min(callers, Grains);

    /// <inheritdoc />
    public async Task GrowAsync(int grains, TimeSpan patience, CancellationToken cancellationToken)
    {
        await CopyAsync(grains, cancellationToken);
        Grains = await Growth.RunAsync(Grains, grains, patience, number => Build(number).Watch(0, TimeSpan.Zero, cancellationToken), cancellationToken);
    }

    /// <inheritdoc />
    public async Task CallAsync(int caller, int callers, CancellationToken cancellationToken)
    {
        // One at a time calls for each build, or two might ask for the same.
        var number = caller + (callers * Random.Shared.Next((Grains - caller + callers - 1) / callers));
        var pinned = !_builds[number].Pinned;
        BuildSnapshot? build = await Build(number).SetPinned(pinned);
        _builds[number] = (_builds[number].Id, pinned);
        if (build?.Pinned != pinned)
        {
            throw new InvalidOperationException($"build {_builds[number].Id} was not changed");
        }
    }

    private IBuildGrain Build(int number) => cluster.Grains.GetGrain<IBuildGrain>(_builds[number].Id);

    private async Task CopyAsync(int grains, CancellationToken cancellationToken)
    {
        const string copy =
            """
            INSERT INTO orleans_state (service, state, number_0, number_1, extension, version, payload)
            SELECT service, state, hashtextextended(copy::text, 1), hashtextextended(copy::text, 2), extension, nextval('orleans_state_version'), payload
            FROM orleans_state, generate_series($3::integer + 1, $4::integer) AS copy WHERE state = 'build/build' AND number_0 = $1 AND number_1 = $2
            RETURNING number_0, number_1
            """;
        var bytes = template.ToByteArray();
        await using var command = cluster.Database.CreateCommand(copy);
        command.CommandTimeout = 0;
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = BitConverter.ToInt64(bytes, 0) });
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = BitConverter.ToInt64(bytes, 8) });
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = _builds.Count });
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = grains });
        await using var rows = await command.ExecuteReaderAsync(cancellationToken);
        while (await rows.ReadAsync(cancellationToken))
        {
            _builds.Add((new Guid([.. BitConverter.GetBytes(rows.GetInt64(0)), .. BitConverter.GetBytes(rows.GetInt64(1))]), Pinned: false));
        }
    }
}
