using System.Diagnostics;
using System.Text.Json.Nodes;
using Grpc.Net.Client;
using ImageBuilder.Postgres;
using ImageBuilder.Sandbox.Cluster;
using ImageBuilder.Sandbox.Figures;
using ImageBuilder.Sandbox.Logs;
using ImageBuilder.Sandbox.Postgres;
using ImageBuilder.Sandbox.Processes;
using ImageBuilder.Sandbox.Registry;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;
using Orleans.Hosting;

namespace ImageBuilder.Sandbox.Throughput;

/// <summary>A cluster with one gateway that is called, and whose processes are watched meanwhile. Its database is one of a server that others use too.</summary>
internal sealed class ThroughputCluster : IAsyncDisposable
{
    private const int ChannelCount = 4;

    private readonly ClusterNodes _nodes;
    private readonly PostgresServer _server;
    private readonly GrpcChannel[] _channels;
    private readonly IHost _client;

    private ThroughputCluster(ClusterNodes nodes, PostgresServer server, EndlessRegistry registry, PipedBuilder builder, NpgsqlDataSource database, IHost client)
    {
        (_nodes, _server, _client, Registry, Builder, Database) = (nodes, server, client, registry, builder, database);
        _channels = [.. Enumerable.Range(0, ChannelCount).Select(_ => GrpcChannel.ForAddress(nodes.Gateways[0].Address))];
    }

    /// <summary>How many silos it has.</summary>
    public int Silos => _nodes.Silos.Count;

    /// <summary>The registry.</summary>
    public EndlessRegistry Registry { get; }

    /// <summary>Its builder command.</summary>
    public PipedBuilder Builder { get; }

    /// <summary>Its database.</summary>
    public NpgsqlDataSource Database { get; }

    /// <summary>Calls its grains directly, as silos do.</summary>
    public IGrainFactory Grains => _client.Services.GetRequiredService<IClusterClient>();

    /// <summary>Memory that its silos have, in bytes.</summary>
    public async Task<long> ReadMemoryAsync() => (await Task.WhenAll(_nodes.Silos.Select(silo => ProcessMemory.ReadAsync(silo.Process.Id)))).Sum();

    /// <summary>Bytes of what the silos' collectors have not found to be garbage.</summary>
    public async Task<double> ReadLiveMemoryAsync() => (await Task.WhenAll(_nodes.Silos.Select(silo => ReadMetricAsync(silo, "dotnet_total_memory_bytes", CancellationToken.None)))).Sum();

    /// <summary>Starts one.</summary>
    /// <param name="folder">For its files.</param>
    /// <param name="silos">How many silos.</param>
    /// <param name="server">Where it has a database.</param>
    /// <param name="registry">The registry.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async Task<ThroughputCluster> StartAsync(string folder, int silos, PostgresServer server, EndlessRegistry registry, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(folder);
        var builder = new PipedBuilder(Path.Combine(folder, "builder"));
        var connectionString = await server.CreateDatabaseAsync(cancellationToken);
        var settings = new ClusterSettings
        {
            Folder = folder,
            RegistryHost = registry.Host,
            AuthFile = Path.Combine(folder, "auth.json"),
            Bob = builder.Install(),
            ConnectionStringFile = Path.Combine(folder, "connection-string"),
            Concurrency = 0,

            // What is resolved once is known for as long as this lasts.
            Amend = configuration => configuration["registry"] = new JsonObject { ["freshness"] = "24h" },
        };
        await File.WriteAllTextAsync(settings.AuthFile, """{"auths":{}}""", cancellationToken);
        await File.WriteAllTextAsync(settings.ConnectionStringFile, connectionString, cancellationToken);
        var nodes = await ClusterNodes.StartAsync(settings, silos, gateways: 1, cell: null, cancellationToken);
        var database = PostgresSource.Create(connectionString);
        var client = Client(database);
        await client.StartAsync(cancellationToken);
        return new ThroughputCluster(nodes, server, registry, builder, database, client);
    }

    /// <summary>A connection to its gateway, of a few.</summary>
    public GrpcChannel Channel(int caller) => _channels[caller % _channels.Length];

    /// <summary>Makes calls for a while, and counts what they took.</summary>
    public async Task<Tally> MeasureAsync(ILoad load, ThroughputOptions options, CancellationToken cancellationToken)
    {
        var callers = load.CallersOf(options.Calls);
        return await CountAsync(
            () => ClosedLoop.RunAsync(callers, options.Round, caller => load.CallAsync(caller, callers, cancellationToken), cancellationToken), cancellationToken);
    }

    /// <summary>Counts what calls take that are made by <paramref name="run"/>, which gives how long each took.</summary>
    public async Task<Tally> CountAsync(Func<Task<TimeSpan[]>> run, CancellationToken cancellationToken)
    {
        var (writes, appends, heads, grainCalls) =
            (await ReadWritesAsync(cancellationToken), await ReadAppendsAsync(cancellationToken), Registry.Heads, await ReadGrainCallsAsync(cancellationToken));
        var (start, used) = (Stopwatch.GetTimestamp(), ReadProcessorUse());
        var times = await run();
        var (lasted, usedNow) = (Stopwatch.GetElapsedTime(start), ReadProcessorUse());
        return new Tally(
            times,
            lasted,
            usedNow - used,
            await ReadGrainCallsAsync(cancellationToken) - grainCalls,
            await ReadWritesAsync(cancellationToken) - writes,
            await ReadAppendsAsync(cancellationToken) - appends,
            Registry.Heads - heads);
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await _client.StopAsync();
        _client.Dispose();
        foreach (var channel in _channels)
        {
            channel.Dispose();
        }

        await _nodes.DisposeAsync();
        await Database.DisposeAsync();
    }

    private static IHost Client(NpgsqlDataSource database)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Logging.ClearProviders();
        builder.UseOrleansClient(client =>
        {
            client.Configure<Orleans.Configuration.ClusterOptions>(options => (options.ClusterId, options.ServiceId) = ("imagebuilder", "imagebuilder"));
            client.UseAdoNetClustering(options => (options.Invariant, options.DataSource) = ("Npgsql", database));
        });
        return builder.Build();
    }

    private ProcessorUse ReadProcessorUse() => new(
        _nodes.Gateways.Aggregate(TimeSpan.Zero, (sum, gateway) => sum + gateway.Process.ProcessorTime),
        _nodes.Silos.Aggregate(TimeSpan.Zero, (sum, silo) => sum + silo.Process.ProcessorTime),
        _server.ProcessorTime);

    // Orleans counts calls where they are made.
    private Task<double> ReadGrainCallsAsync(CancellationToken cancellationToken) =>
        ReadMetricAsync(_nodes.Gateways[0], "microsoft_orleans_orleans_app_requests_latency_count", cancellationToken);

    private static async Task<double> ReadMetricAsync(ClusterNode node, string metric, CancellationToken cancellationToken)
    {
        using var client = new HttpClient();
        return MetricsText.Sum(await client.GetStringAsync(new Uri(node.Metrics), cancellationToken), metric);
    }

    private Task<long> ReadWritesAsync(CancellationToken cancellationToken) => ReadAsync("SELECT last_value FROM orleans_state_version", cancellationToken);

    private Task<long> ReadAppendsAsync(CancellationToken cancellationToken) => ReadAsync("SELECT coalesce(sum(appends), 0)::bigint FROM build_log", cancellationToken);

    private async Task<long> ReadAsync(string sql, CancellationToken cancellationToken)
    {
        await using var command = Database.CreateCommand(sql);
        return (long)(await command.ExecuteScalarAsync(cancellationToken))!;
    }
}
