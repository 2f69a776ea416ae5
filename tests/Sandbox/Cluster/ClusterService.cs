using ImageBuilder.Sandbox.Postgres;
using ImageBuilder.Sandbox.Service;

namespace ImageBuilder.Sandbox.Cluster;

/// <summary>The service as a cluster on this machine: what <see cref="ServiceProcess"/> is in one process, here three silos and two gateways around a database.</summary>
public sealed class ClusterService : IAsyncDisposable
{
    private const int Silos = 3;
    private const int Gateways = 2;

    private readonly PostgresServer _database;
    private readonly ClusterNodes _nodes;

    private ClusterService(PostgresServer database, ClusterNodes nodes) => (_database, _nodes) = (database, nodes);

    /// <summary>Where gRPC is served.</summary>
    public IReadOnlyList<string> Addresses => [.. _nodes.Gateways.Select(gateway => gateway.Address)];

    /// <summary>Where the gateways' metrics are.</summary>
    public IReadOnlyList<string> Metrics => [.. _nodes.Gateways.Select(gateway => gateway.Metrics)];

    /// <summary>Starts one; each member has a folder of its own in that of <paramref name="options"/>, whose ports are not used.</summary>
    public static async Task<ClusterService> StartAsync(ServiceOptions options, CancellationToken cancellationToken = default)
    {
        Directory.CreateDirectory(options.DataFolder);
        var database = await PostgresServer.StartAsync(cancellationToken: cancellationToken);
        try
        {
            var settings = new ClusterSettings
            {
                Folder = options.DataFolder,
                RegistryHost = options.RegistryHost,
                AuthFile = options.AuthFile,
                ConnectionStringFile = Path.Combine(options.DataFolder, "connection-string"),
                Variables = options.Variables,
                Amend = options.Amend,
            };
            await File.WriteAllTextAsync(settings.ConnectionStringFile, database.ConnectionStringOf("postgres"), cancellationToken);
            return new ClusterService(database, await ClusterNodes.StartAsync(settings, Silos, Gateways, cell: null, cancellationToken));
        }
        catch
        {
            await database.DisposeAsync();
            throw;
        }
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await _nodes.DisposeAsync();
        await _database.DisposeAsync();
    }
}
