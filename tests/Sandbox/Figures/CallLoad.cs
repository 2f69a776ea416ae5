using System.Diagnostics;
using System.Runtime.ExceptionServices;
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
    public async Task<int> SaturateAsync(int atOnce, TimeSpan duration, CancellationToken cancellationToken) =>
        (await ClosedLoop.RunAsync(atOnce, duration, caller => CallAsync(_clients[caller % _clients.Length], cancellationToken), cancellationToken)).Length;

    /// <summary>
    /// Calls at a fixed rate, whether or not the ones before have been answered; gives how long each took from the moment it was due,
    /// so that a server that stalls is charged for all who would have called meanwhile. Sorted. Each connection has a pacer of its own: one alone
    /// would be behind with sending before the server is with answering.
    /// </summary>
    public async Task<TimeSpan[]> PaceAsync(double perSecond, TimeSpan duration, CancellationToken cancellationToken)
    {
        // Numbers and not tasks, so that the collector of this process has little to keep.
        var calls = new TimeSpan[Math.Max(1, (int)(perSecond * duration.TotalSeconds))];
        using var left = new CountdownEvent(calls.Length);
        var failure = default(Exception);
        var start = Stopwatch.GetTimestamp();
        var pacers = _clients.Select((client, connection) => new Thread(() =>
        {
            for (var i = connection; i < calls.Length; i += _clients.Length)
            {
                var due = start + (long)(i / perSecond * Stopwatch.Frequency);
                while (Stopwatch.GetTimestamp() < due)
                {
                    Thread.Sleep(1);
                }

                _ = TimeAsync(client, i, due);
            }
        })).ToList();
        pacers.ForEach(pacer => pacer.Start());
        await Task.Run(() => left.Wait(cancellationToken), cancellationToken);
        if (failure is not null)
        {
            ExceptionDispatchInfo.Throw(failure);
        }

        Array.Sort(calls);
        return calls;

        async Task TimeAsync(BuilderService.ImageBuilderClient client, int call, long due)
        {
            try
            {
                await CallAsync(client, cancellationToken);
                calls[call] = Stopwatch.GetElapsedTime(due);
            }
            catch (Exception e)
            {
                failure = e;
            }
            finally
            {
                left.Signal();
            }
        }
    }

    /// <inheritdoc />
    public void Dispose()
    {
        foreach (var channel in _channels)
        {
            channel.Dispose();
        }
    }

    private async Task CallAsync(BuilderService.ImageBuilderClient client, CancellationToken cancellationToken)
    {
        using var call = client.ResolveBaseImageAsync(_request, cancellationToken: cancellationToken);
        await call;
    }
}
