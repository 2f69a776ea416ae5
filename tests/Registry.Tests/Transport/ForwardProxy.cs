using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace ImageBuilder.Registry.Tests.Transport;

/// <summary>A forward proxy on loopback, for CONNECT and for plain requests, that takes every host for one port of this machine and notes what it was asked.</summary>
internal sealed class ForwardProxy : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly int _target;
    private readonly Task _accepting;

    public ForwardProxy(int target)
    {
        _target = target;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    /// <summary>Host and port.</summary>
    public string Address => _listener.LocalEndpoint.ToString()!;

    /// <summary>The first line of each request.</summary>
    public ConcurrentQueue<string> Asked { get; } = [];

    /// <summary>The Proxy-Authorization of each request, where there was one.</summary>
    public ConcurrentQueue<string> Logins { get; } = [];

    /// <summary>Whether requests without a login are refused.</summary>
    public bool WantsLogin { get; init; }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Dispose();
        await _accepting;
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                _ = ServeAsync(await _listener.AcceptTcpClientAsync(_stop.Token));
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
        }
    }

    private async Task ServeAsync(TcpClient accepted)
    {
        using var client = accepted;
        using var server = new TcpClient();
        try
        {
            var near = client.GetStream();
            while (true)
            {
                var head = await ReadHeadAsync(near);
                Asked.Enqueue(head[..head.IndexOf("\r\n", StringComparison.Ordinal)]);
                if (head.Split("\r\n").FirstOrDefault(line => line.StartsWith("Proxy-Authorization:", StringComparison.OrdinalIgnoreCase)) is { } login)
                {
                    Logins.Enqueue(login[(login.IndexOf(':', StringComparison.Ordinal) + 2)..]);
                }
                else if (WantsLogin)
                {
                    await near.WriteAsync("HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm=\"proxy\"\r\nContent-Length: 0\r\n\r\n"u8.ToArray(), _stop.Token);
                    continue;
                }

                await server.ConnectAsync(IPAddress.Loopback, _target, _stop.Token);
                var far = server.GetStream();
                await (head.StartsWith("CONNECT ", StringComparison.Ordinal)
                    ? near.WriteAsync("HTTP/1.1 200 Connection established\r\n\r\n"u8.ToArray(), _stop.Token)
                    : far.WriteAsync(Encoding.ASCII.GetBytes(head), _stop.Token));
                await Task.WhenAny(near.CopyToAsync(far, _stop.Token), far.CopyToAsync(near, _stop.Token));
                return;
            }
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or SocketException)
        {
            // One side is gone.
        }
    }

    private async Task<string> ReadHeadAsync(NetworkStream stream)
    {
        var head = new StringBuilder();
        var one = new byte[1];
        while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
        {
            await stream.ReadExactlyAsync(one, _stop.Token);
            head.Append((char)one[0]);
        }

        return head.ToString();
    }
}
