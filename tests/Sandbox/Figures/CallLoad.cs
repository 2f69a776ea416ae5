using System.Diagnostics;
using Grpc.Net.Client;
using ImageBuilder.Contracts;
using BuilderService = ImageBuilder.Contracts.ImageBuilder;

namespace ImageBuilder.Sandbox.Figures;

/// <summary>Puts one question again and again to one server, over a fixed number of connections.</summary>
internal sealed class CallLoad : IDisposable
{
    private readonly ResolveBaseImageRequest _request;
    private readonly GrpcChannel[] _channels;
    private readonly BuilderService.ImageBuilderClient[] _clients;

    /// <summary>A load for the server at <paramref name="address"/>.</summary>
    public CallLoad(string address, ResolveBaseImageRequest request, int connections)
    {
        _request = request;
        _channels = [.. Enumerable.Range(0, connections).Select(_ => GrpcChannel.ForAddress(
            address, new GrpcChannelOptions { HttpHandler = new SocketsHttpHandler(), DisposeHttpClient = true }))];
        _clients = [.. _channels.Select(channel => new BuilderService.ImageBuilderClient(channel))];
    }

    /// <summary>As many calls as the server answers, <paramref name="atOnce"/> at a time; gives how many there were.</summary>
    public async Task<int> SaturateAsync(int atOnce, TimeSpan duration, CancellationToken cancellationToken)
    {
        var start = Stopwatch.GetTimestamp();
        var counts = await Task.WhenAll(Enumerable.Range(0, atOnce).Select(caller => Task.Run(
            async () =>
            {
                var client = _clients[caller % _clients.Length];
                var count = 0;
                while (Stopwatch.GetElapsedTime(start) < duration)
                {
                    await CallAsync(client, cancellationToken);
                    count++;
                }

                return count;
            },
            cancellationToken)));
        return counts.Sum();
    }

    /// <summary>
    /// Calls at a fixed rate, whether or not the ones before have been answered; gives how long each took from the moment it was due,
    /// so that a server that stalls is charged for all who would have called meanwhile. Sorted.
    /// </summary>
    public async Task<TimeSpan[]> PaceAsync(double perSecond, TimeSpan duration, CancellationToken cancellationToken)
    {
        var calls = new Task<TimeSpan>[Math.Max(1, (int)(perSecond * duration.TotalSeconds))];
        var pacer = new Thread(() =>
        {
            var start = Stopwatch.GetTimestamp();
            for (var i = 0; i < calls.Length; i++)
            {
                var due = start + (long)(i / perSecond * Stopwatch.Frequency);
                while (Stopwatch.GetTimestamp() < due)
                {
                    Thread.Sleep(1);
                }

                calls[i] = TimeAsync(_clients[i % _clients.Length], due, cancellationToken);
            }
        });
        pacer.Start();
        await Task.Run(pacer.Join, cancellationToken);
        return [.. (await Task.WhenAll(calls)).Order()];
    }

    /// <inheritdoc />
    public void Dispose()
    {
        foreach (var channel in _channels)
        {
            channel.Dispose();
        }
    }

    private async Task<TimeSpan> TimeAsync(BuilderService.ImageBuilderClient client, long due, CancellationToken cancellationToken)
    {
        await CallAsync(client, cancellationToken);
        return Stopwatch.GetElapsedTime(due);
    }

    private async Task CallAsync(BuilderService.ImageBuilderClient client, CancellationToken cancellationToken)
    {
        using var call = client.ResolveBaseImageAsync(_request, cancellationToken: cancellationToken);
        await call;
    }
}
