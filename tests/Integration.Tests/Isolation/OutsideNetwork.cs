using System.Globalization;
using System.Net.Sockets;
using ImageBuilder.Sandbox.Processes;

namespace ImageBuilder.Integration.Tests.Isolation;

/// <summary>
/// Another machine, as far as this one can tell: a network namespace behind a link of this machine's, with a web server that also has a link-local
/// address, as a cloud's metadata service does.
/// </summary>
internal sealed class OutsideNetwork : IAsyncDisposable
{
    public const string Page = "from outside";

    private readonly string _name;
    private readonly DirectoryInfo _pages = Directory.CreateTempSubdirectory("imagebuilder-outside-");
    private RunningProcess? _server;

    private OutsideNetwork(int number)
    {
        _name = string.Create(CultureInfo.InvariantCulture, $"ibo{number}");
        Own = string.Create(CultureInfo.InvariantCulture, $"198.18.{number}.1");
        Address = string.Create(CultureInfo.InvariantCulture, $"198.18.{number}.2");
        LinkLocal = string.Create(CultureInfo.InvariantCulture, $"169.254.{number}.254");
    }

    /// <summary>This machine's address on the link.</summary>
    public string Own { get; }

    /// <summary>Where the server is.</summary>
    public string Address { get; }

    /// <summary>Where it is too.</summary>
    public string LinkLocal { get; }

    public static async Task<OutsideNetwork> StartAsync(CancellationToken cancellationToken)
    {
        // Another run beside this one has another number, with some luck.
        var outside = new OutsideNetwork(Random.Shared.Next(1, 255));
        await File.WriteAllTextAsync(Path.Combine(outside._pages.FullName, "page"), Page, cancellationToken);
        await IpAsync("netns", "add", outside._name);
        await IpAsync("link", "add", outside._name, "type", "veth", "peer", "name", "outer", "netns", outside._name);
        await IpAsync("addr", "add", $"{outside.Own}/30", "dev", outside._name);
        await IpAsync("link", "set", outside._name, "up");
        foreach (var command in (string[])[$"addr add {outside.Address}/30 dev outer", $"addr add {outside.LinkLocal}/32 dev outer", "link set outer up"])
        {
            await IpAsync(["-n", outside._name, .. command.Split(' ')]);
        }

        await IpAsync("route", "add", outside.LinkLocal, "via", outside.Address);
        outside._server = await RunningProcess.StartAsync(
            "ip", ["netns", "exec", outside._name, "busybox", "httpd", "-f", "-p", "80", "-h", outside._pages.FullName], Path.Combine(outside._pages.FullName, "log"));
        await outside.UntilListensAsync(cancellationToken);
        return outside;
    }

    public async ValueTask DisposeAsync()
    {
        await (_server?.DisposeAsync() ?? ValueTask.CompletedTask);
        await IpAsync("link", "delete", _name);
        await IpAsync("netns", "delete", _name);
        _pages.Delete(recursive: true);
    }

    private async Task UntilListensAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            using var client = new TcpClient();
            try
            {
                await client.ConnectAsync(Address, 80, cancellationToken);
                return;
            }
            catch (SocketException)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(20), cancellationToken);
            }
        }
    }

    private static async Task IpAsync(params string[] arguments)
    {
        var result = await Command.RunAsync("ip", arguments);
        result.ExitCode.ShouldBe(0, $"ip {string.Join(' ', arguments)}: {result}");
    }
}
