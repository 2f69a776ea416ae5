using System.Net;
using System.Net.Sockets;

namespace ImageBuilder.Sandbox.Postgres;

/// <summary>A way to a server on loopback that breaks when a test wants it to: what was sent arrives, and the answer does not.</summary>
public sealed class LossyLink : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _ended = new();
    private readonly int _target;
    private readonly Task _accepting;
    private int _answersToLose;

    /// <summary>Leads to port <paramref name="target"/>.</summary>
    public LossyLink(int target)
    {
        _target = target;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    /// <summary>The port of 127.0.0.1 where it begins.</summary>
    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>Answers that were lost so far.</summary>
    public int Lost { get; private set; }

    /// <summary>Breaks the connection on which the server answers next, instead of the answer.</summary>
    public void LoseNextAnswer() => Interlocked.Exchange(ref _answersToLose, 1);

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await _ended.CancelAsync();
        _listener.Stop();
        await _accepting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _ended.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (true)
        {
            _ = CarryAsync(await _listener.AcceptTcpClientAsync(_ended.Token));
        }
    }

    private async Task CarryAsync(TcpClient client)
    {
        using (client)
        using (var server = new TcpClient())
        {
            await server.ConnectAsync(IPAddress.Loopback, _target, _ended.Token);
            var sent = client.GetStream().CopyToAsync(server.GetStream(), _ended.Token);
            var answered = AnswerAsync(server.GetStream(), client.GetStream());
            await Task.WhenAny(sent, answered);
        }
    }

    private async Task AnswerAsync(NetworkStream server, NetworkStream client)
    {
        var buffer = new byte[64 << 10];
        while (await server.ReadAsync(buffer, _ended.Token) is var read and > 0)
        {
            if (Interlocked.Exchange(ref _answersToLose, 0) == 1)
            {
                Lost++;
                return;
            }

            await client.WriteAsync(buffer.AsMemory(0, read), _ended.Token);
        }
    }
}
