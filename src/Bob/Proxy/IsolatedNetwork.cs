using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using ImageBuilder.Bob.Outcomes;
using ImageBuilder.Bob.Processes;
using Microsoft.Win32.SafeHandles;

namespace ImageBuilder.Bob.Proxy;

/// <summary>
/// A network (network_namespaces(7)) for what a build runs. In it are a loopback of its own, on which the proxy listens, and, once connected, a way out
/// that leads neither to this machine nor to link-local addresses. It lasts as long as somebody is in it or this process runs.
/// </summary>
internal sealed partial class IsolatedNetwork : IDisposable
{
    private const int NewNetwork = 0x4000_0000;
    private const string LinkLocal = "169.254.0.0/16";

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);
    private static readonly Dictionary<string, string> s_variables = new() { ["PATH"] = EnginePrograms.Path };

    private readonly SafeFileHandle _namespace;
    private Process? _uplink;

    private IsolatedNetwork(SafeFileHandle network) => _namespace = network;

    /// <summary>What <c>nsenter --net=</c> takes to enter it.</summary>
    public string EntryPath => string.Create(CultureInfo.InvariantCulture, $"/proc/{Environment.ProcessId}/fd/{_namespace.DangerousGetHandle()}");

    /// <summary>Makes one with nothing but loopback.</summary>
    /// <param name="denied">Networks, beside this machine's addresses and link-local ones, that a way out does not lead to, in CIDR notation.</param>
    /// <exception cref="BobException">This process may not make one.</exception>
    public static IsolatedNetwork Create(IEnumerable<string> denied)
    {
        var network = OnOwnThread(() => Unshare(NewNetwork) == 0
            ? new IsolatedNetwork(File.OpenHandle("/proc/thread-self/ns/net"))
            : throw new BobException(FailureReason.Internal, $"a build's own network cannot be made: {new Win32Exception(Marshal.GetLastPInvokeError()).Message}"));
        using var ip = Start("nsenter", $"--net={network.EntryPath}", "ip", "-batch", "-");
        ip.StandardInput.Write(string.Join('\n', ["link set lo up", .. denied.Append(LinkLocal).Concat(OwnAddresses()).Select(each => $"route replace prohibit {each}"), string.Empty]));
        ip.StandardInput.Close();
        ip.WaitForExit();
        return ip.ExitCode == 0 ? network : throw new BobException(FailureReason.Internal, "a build's own network cannot be set up: ip failed");
    }

    /// <summary>A TCP socket in it, whoever uses it.</summary>
    public Socket CreateSocket() => OnOwnThread(() =>
        SetNamespace((int)_namespace.DangerousGetHandle(), NewNetwork) == 0
            ? new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp)
            : throw new Win32Exception(Marshal.GetLastPInvokeError()));

    /// <summary>Gives it the way out.</summary>
    /// <exception cref="BobException">There is none to be had.</exception>
    public async Task ConnectAsync(CancellationToken cancellationToken)
    {
        // It ends with this process, because its standard input does then.
        _uplink = Start(
            "slirp4netns", "--configure", "--mtu=65520", "--disable-host-loopback", "--exit-fd=0", "--ready-fd=1", "--netns-type=path", EntryPath, "tap0");
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(s_patience);
        var ready = new byte[1];
        if (await _uplink.StandardOutput.BaseStream.ReadAsync(ready, patience.Token) == 0)
        {
            throw new BobException(FailureReason.Internal, "a build's own network cannot be connected: slirp4netns ended early");
        }
    }

    /// <inheritdoc />
    public void Dispose()
    {
        _uplink?.Kill();
        _uplink?.Dispose();
        _namespace.Dispose();
    }

    private static IEnumerable<string> OwnAddresses() => NetworkInterface.GetAllNetworkInterfaces()
        .SelectMany(card => card.GetIPProperties().UnicastAddresses)
        .Select(entry => entry.Address)
        .Where(address => address.AddressFamily == AddressFamily.InterNetwork && !IPAddress.IsLoopback(address))
        .Select(address => $"{address}/32");

    private static Process Start(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardInput = true, RedirectStandardOutput = true };
        start.Environment.Clear();
        foreach (var (name, value) in s_variables)
        {
            start.Environment[name] = value;
        }

        try
        {
            return Process.Start(start)!;
        }
        catch (Win32Exception error)
        {
            throw new BobException(FailureReason.Internal, $"{program} cannot be run, which a build's own network takes: {error.Message}");
        }
    }

    // A thread that has changed its network is of no use to anybody else, and those that it starts are in that network too: so it does nothing that could
    // make the runtime start one.
    private static T OnOwnThread<T>(Func<T> work)
    {
        var result = new TaskCompletionSource<T>();
        var thread = new Thread(() =>
        {
            try
            {
                result.SetResult(work());
            }
            catch (Exception error)
            {
                result.SetException(error);
            }
        });
        thread.Start();
        thread.Join();
        return result.Task.GetAwaiter().GetResult();
    }

    [LibraryImport("libc", EntryPoint = "unshare", SetLastError = true)]
    private static partial int Unshare(int kinds);

    [LibraryImport("libc", EntryPoint = "setns", SetLastError = true)]
    private static partial int SetNamespace(int file, int kind);
}
