using Grpc.Core;
using Prometheus;

namespace ImageBuilder.Gateway.Metrics;

/// <summary>Counts the messages that are written.</summary>
internal sealed class CountingStreamWriter<T>(IServerStreamWriter<T> messages, ICounter counter) : IServerStreamWriter<T>
{
    public WriteOptions? WriteOptions
    {
        get => messages.WriteOptions;
        set => messages.WriteOptions = value;
    }

    public async Task WriteAsync(T message)
    {
        await messages.WriteAsync(message);
        counter.Inc();
    }

    public async Task WriteAsync(T message, CancellationToken cancellationToken)
    {
        await messages.WriteAsync(message, cancellationToken);
        counter.Inc();
    }
}
