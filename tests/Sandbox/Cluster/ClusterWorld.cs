using ImageBuilder.Sandbox.Kills;
using ImageBuilder.Sandbox.Postgres;

namespace ImageBuilder.Sandbox.Cluster;

/// <summary>A cluster on this machine: a database, three silos, two gateways, and what they meet.</summary>
public sealed class ClusterWorld : IAsyncDisposable
{
    private const int Silos = 3;
    private const int Gateways = 2;

    private readonly List<IAsyncDisposable> _parts;
    private ClusterNodes _nodes = null!;

    private ClusterWorld(Surroundings surroundings, PostgresServer database, PushingBuilder builder, NetworkCell? cell)
    {
        (Surroundings, Database, Builder, Cell) = (surroundings, database, builder, cell);
        _parts = [.. cell is null ? Array.Empty<IAsyncDisposable>() : [cell], surroundings, database];
    }

    internal Surroundings Surroundings { get; }

    internal PostgresServer Database { get; }

    internal PushingBuilder Builder { get; }

    /// <summary>The network of the last silo; null when it is this machine's.</summary>
    internal NetworkCell? Cell { get; }

    internal IReadOnlyList<ClusterNode> SiloNodes => _nodes.Silos;

    internal IReadOnlyList<ClusterNode> GatewayNodes => _nodes.Gateways;

    /// <summary>Where the gateways serve gRPC.</summary>
    public IReadOnlyList<string> Addresses => [.. GatewayNodes.Select(gateway => gateway.Address)];

    /// <summary>Starts one.</summary>
    /// <param name="folder">For its files.</param>
    /// <param name="withCell">Whether the last silo is in a network of its own.</param>
    /// <param name="withTls">Whether silos and gateways speak TLS to each other.</param>
    /// <param name="withBob">Whether bob builds, and not <see cref="Builder"/>.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async Task<ClusterWorld> StartAsync(string folder, bool withCell, bool withTls, bool withBob, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(folder);
        var surroundings = await Surroundings.StartAsync(Path.Combine(folder, "surroundings"), cancellationToken: cancellationToken);
        var cell = withCell ? await NetworkCell.CreateAsync(surroundings.Registry.Port, folder) : null;
        var database = await PostgresServer.StartAsync(new PostgresServerOptions { Address = cell?.Own }, cancellationToken);
        var world = new ClusterWorld(surroundings, database, new PushingBuilder(Path.Combine(folder, "builder")), cell);
        try
        {
            var address = cell?.Own ?? "127.0.0.1";
            var settings = new ClusterSettings
            {
                Folder = folder,
                RegistryHost = surroundings.Registry.Host,
                AuthFile = surroundings.Registry.AuthFile,
                Bob = withBob ? null : await world.Builder.InstallAsync(surroundings, cancellationToken),
                ConnectionStringFile = Path.Combine(folder, "connection-string"),
                Address = address,
                Amend = withTls ? MemberCertificates.AmendIn(Path.Combine(folder, "tls")) : null,
            };
            await File.WriteAllTextAsync(settings.ConnectionStringFile, database.ConnectionStringOf("postgres", address), cancellationToken);
            world._nodes = await ClusterNodes.StartAsync(settings, Silos, Gateways, cell, cancellationToken);
            world._parts.Insert(0, world._nodes);
            return world;
        }
        catch
        {
            await world.DisposeAsync();
            throw;
        }
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        foreach (var part in _parts)
        {
            await part.DisposeAsync();
        }
    }
}
