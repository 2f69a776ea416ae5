using System.CommandLine;
using System.Net;
using System.Net.Sockets;

namespace ImageBuilder.Sandbox.Cluster;

/// <summary>Hands connections on to another place.</summary>
internal static class Relay
{
    /// <summary>The command that does it for a network that this process is not in.</summary>
    public static Command Create()
    {
        var from = new Argument<string>("from") { Description = "Where to listen." };
        var to = new Argument<string>("to") { Description = "Where to hand on." };
        var command = new Command("relay", "Hands connections on.") { from, to };
        command.Hidden = true;
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var listener = new TcpListener(IPEndPoint.Parse(parsed.GetValue(from)!));
            listener.Start();
            await ServeAsync(listener, IPEndPoint.Parse(parsed.GetValue(to)!), cancellationToken);
        });
        return command;
    }

    /// <summary>Hands on what <paramref name="listener"/> accepts.</summary>
    public static async Task ServeAsync(TcpListener listener, IPEndPoint to, CancellationToken cancellationToken)
    {
        using (listener)
        {
            try
            {
                while (true)
                {
                    _ = HandOnAsync(await listener.AcceptTcpClientAsync(cancellationToken), to, cancellationToken);
                }
            }
            catch (OperationCanceledException)
            {
                // That is the end.
            }
        }
    }

    private static async Task HandOnAsync(TcpClient client, IPEndPoint to, CancellationToken cancellationToken)
    {
        using (client)
        {
            using var server = new TcpClient();
            try
            {
                await server.ConnectAsync(to, cancellationToken);
                await Task.WhenAll(CopyAsync(client, server, cancellationToken), CopyAsync(server, client, cancellationToken));
            }
            catch (Exception error) when (error is IOException or SocketException or OperationCanceledException)
            {
                // A connection that broke on one side breaks on the other.
            }
        }
    }

    private static async Task CopyAsync(TcpClient from, TcpClient to, CancellationToken cancellationToken)
    {
        await from.GetStream().CopyToAsync(to.GetStream(), cancellationToken);
        to.Client.Shutdown(SocketShutdown.Send);
    }
}
