using ImageBuilder.Sandbox.Kills;
using ImageBuilder.Sandbox.Postgres;
using ImageBuilder.Sandbox.Processes;
using ImageBuilder.Sandbox.Service;

namespace ImageBuilder.Sandbox.Cluster;

/// <summary>A cluster on this machine: a database, three silos, two gateways, and what they meet.</summary>
public sealed class ClusterWorld : IAsyncDisposable
{
    /// <summary>Builds that run at once.</summary>
    public const int Concurrency = 24;

    private const int Silos = 3;
    private const int Gateways = 2;

    private readonly List<ClusterNode> _silos = [];
    private readonly List<ClusterNode> _gateways = [];
    private readonly List<IAsyncDisposable> _parts = [];

    private ClusterWorld(string folder, Surroundings surroundings, PostgresServer database, PushingBuilder builder, string bob, NetworkCell? cell)
    {
        (Folder, Surroundings, Database, Builder, Bob, Cell) = (folder, surroundings, database, builder, bob, cell);
        Address = cell?.Own ?? "127.0.0.1";
        ConnectionStringFile = Path.Combine(folder, "connection-string");
    }

    internal string Folder { get; }

    internal Surroundings Surroundings { get; }

    internal PostgresServer Database { get; }

    internal PushingBuilder Builder { get; }

    internal string Bob { get; }

    internal string ConnectionStringFile { get; }

    /// <summary>The address by which the silos of this machine's own network are reached.</summary>
    internal string Address { get; }

    /// <summary>The network of the last silo; null when it is this machine's.</summary>
    internal NetworkCell? Cell { get; }

    internal IReadOnlyList<ClusterNode> SiloNodes => _silos;

    internal IReadOnlyList<ClusterNode> GatewayNodes => _gateways;

    /// <summary>Where the gateways serve gRPC.</summary>
    public IReadOnlyList<string> Addresses => [.. _gateways.Select(gateway => gateway.Address)];

    /// <summary>Starts one.</summary>
    /// <param name="folder">For its files.</param>
    /// <param name="withCell">Whether the last silo is in a network of its own.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async Task<ClusterWorld> StartAsync(string folder, bool withCell, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(folder);
        var surroundings = await Surroundings.StartAsync(Path.Combine(folder, "surroundings"), cancellationToken: cancellationToken);
        var cell = withCell ? await NetworkCell.CreateAsync(surroundings.Registry.Port, folder) : null;
        var database = await PostgresServer.StartAsync(new PostgresServerOptions { Address = cell?.Own }, cancellationToken);
        var builder = new PushingBuilder(Path.Combine(folder, "builder"));
        var world = new ClusterWorld(folder, surroundings, database, builder, await builder.InstallAsync(surroundings, cancellationToken), cell);
        world._parts.AddRange([.. cell is null ? Array.Empty<IAsyncDisposable>() : [cell], surroundings, database]);
        try
        {
            await world.StartNodesAsync(cancellationToken);
            return world;
        }
        catch (Exception failure)
        {
            var logs = string.Concat(world._silos.Concat(world._gateways).Select(node => $"\n{node.Name}:\n{node.LogTail()}"));
            await world.DisposeAsync();
            throw new InvalidOperationException($"{failure.Message}{logs}", failure);
        }
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await Task.WhenAll(_gateways.Concat(_silos).Select(node => node.DisposeAsync().AsTask()));
        foreach (var part in _parts)
        {
            await part.DisposeAsync();
        }
    }

    private async Task StartNodesAsync(CancellationToken cancellationToken)
    {
        await File.WriteAllTextAsync(ConnectionStringFile, Database.ConnectionStringOf("postgres", Address), cancellationToken);
        _silos.AddRange(Enumerable.Range(0, Silos).Select(number => new ClusterNode($"silo-{number}", "run", this, number == Silos - 1 ? Cell : null)));
        _gateways.AddRange(Enumerable.Range(0, Gateways).Select(number => new ClusterNode($"gateway-{number}", "gateway", this)));
        var configuration = await _silos[0].WriteConfigurationAsync(cancellationToken);
        await Task.WhenAll(Enumerable.Range(0, Silos).Select(_ => Command.CheckAsync(ServiceProcess.Program, ["migrate", "--config", configuration], cancellationToken: cancellationToken)));
        await Task.WhenAll(_silos.Select(silo => silo.StartAsync(cancellationToken)));
        await Task.WhenAll(_gateways.Select(gateway => gateway.StartAsync(cancellationToken)));
    }
}
