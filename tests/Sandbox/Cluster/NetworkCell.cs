using System.Globalization;
using System.Net;
using System.Net.Sockets;
using ImageBuilder.Sandbox.Processes;

namespace ImageBuilder.Sandbox.Cluster;

/// <summary>
/// Another machine, as far as a silo can tell: a network namespace behind a link of this machine's, which can be cut. The registry of this machine's loopback
/// is on its loopback too.
/// </summary>
internal sealed class NetworkCell : IAsyncDisposable
{
    private readonly CancellationTokenSource _ended = new();
    private RunningProcess? _inside;

    private NetworkCell(int number)
    {
        Name = string.Create(CultureInfo.InvariantCulture, $"ibc{number}");
        Own = string.Create(CultureInfo.InvariantCulture, $"198.19.{number}.1");
        Address = string.Create(CultureInfo.InvariantCulture, $"198.19.{number}.2");
    }

    /// <summary>The namespace's name.</summary>
    public string Name { get; }

    /// <summary>This machine's address on the link.</summary>
    public string Own { get; }

    /// <summary>The cell's address.</summary>
    public string Address { get; }

    /// <summary>Makes one.</summary>
    /// <param name="port">The port of 127.0.0.1 that is on the cell's loopback too.</param>
    /// <param name="folder">For its files.</param>
    public static async Task<NetworkCell> CreateAsync(int port, string folder)
    {
        // Another run beside this one has another number, with some luck.
        var cell = new NetworkCell(Random.Shared.Next(1, 255));
        await IpAsync("netns", "add", cell.Name);
        await IpAsync("link", "add", cell.Name, "type", "veth", "peer", "name", "outer", "netns", cell.Name);
        await IpAsync("addr", "add", $"{cell.Own}/30", "dev", cell.Name);
        await IpAsync("link", "set", cell.Name, "up");
        await IpAsync("-n", cell.Name, "addr", "add", $"{cell.Address}/30", "dev", "outer");
        await IpAsync("-n", cell.Name, "link", "set", "outer", "up");
        await IpAsync("-n", cell.Name, "link", "set", "lo", "up");
        var relay = new TcpListener(IPAddress.Parse(cell.Own), 0);
        relay.Start();
        _ = Relay.ServeAsync(relay, new IPEndPoint(IPAddress.Loopback, port), cell._ended.Token);
        var sandbox = CheckoutProgram.Path("Sandbox", "sandbox");
        cell._inside = await RunningProcess.StartAsync(
            "ip", ["netns", "exec", cell.Name, sandbox, "relay", $"127.0.0.1:{port}", relay.LocalEndpoint.ToString()!], Path.Combine(folder, "relay.log"));
        return cell;
    }

    /// <summary>Cuts the link.</summary>
    public Task CutAsync() => IpAsync("link", "set", Name, "down");

    /// <summary>Mends the link.</summary>
    public Task MendAsync() => IpAsync("link", "set", Name, "up");

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await _ended.CancelAsync();
        await (_inside?.DisposeAsync() ?? ValueTask.CompletedTask);
        await IpAsync("link", "delete", Name);
        await IpAsync("netns", "delete", Name);
        _ended.Dispose();
    }

    private static async Task IpAsync(params string[] arguments) => await Command.CheckAsync("ip", arguments);
}
