using ImageBuilder.Sandbox.Processes;
using ImageBuilder.Sandbox.Service;

namespace ImageBuilder.Sandbox.Cluster;

/// <summary>The silos and gateways of a cluster, each a process of its own.</summary>
internal sealed class ClusterNodes : IAsyncDisposable
{
    private ClusterNodes(ClusterSettings settings, int silos, int gateways, NetworkCell? cell)
    {
        Silos = [.. Enumerable.Range(0, silos).Select(number => new ClusterNode($"silo-{number}", "run", settings, number == silos - 1 ? cell : null))];
        Gateways = [.. Enumerable.Range(0, gateways).Select(number => new ClusterNode($"gateway-{number}", "gateway", settings))];
    }

    /// <summary>The silos.</summary>
    public IReadOnlyList<ClusterNode> Silos { get; }

    /// <summary>The gateways.</summary>
    public IReadOnlyList<ClusterNode> Gateways { get; }

    /// <summary>Makes the tables, all silos at once, and starts everything.</summary>
    /// <param name="settings">What the nodes have in common.</param>
    /// <param name="silos">How many silos.</param>
    /// <param name="gateways">How many gateways.</param>
    /// <param name="cell">The network that the last silo is in; null for this machine's.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="InvalidOperationException">One did not start; the message holds the last output of all.</exception>
    public static async Task<ClusterNodes> StartAsync(ClusterSettings settings, int silos, int gateways, NetworkCell? cell, CancellationToken cancellationToken)
    {
        var nodes = new ClusterNodes(settings, silos, gateways, cell);
        try
        {
            var configuration = await nodes.Silos[0].WriteConfigurationAsync(cancellationToken);
            await Task.WhenAll(nodes.Silos.Select(_ => Command.CheckAsync(ServiceProcess.Program, ["migrate", "--config", configuration], cancellationToken: cancellationToken)));
            await Task.WhenAll(nodes.Silos.Select(silo => silo.StartAsync(cancellationToken)));
            await Task.WhenAll(nodes.Gateways.Select(gateway => gateway.StartAsync(cancellationToken)));
            return nodes;
        }
        catch (Exception failure)
        {
            var logs = string.Concat(nodes.Silos.Concat(nodes.Gateways).Select(node => $"\n{node.Name}:\n{node.LogTail()}"));
            await nodes.DisposeAsync();
            throw new InvalidOperationException($"{failure.Message}{logs}", failure);
        }
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync() => await Task.WhenAll(Gateways.Concat(Silos).Select(node => node.DisposeAsync().AsTask()));
}
