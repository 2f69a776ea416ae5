using Grpc.Core;
using Prometheus;

namespace ImageBuilder.Gateway.Metrics;

/// <summary>Counts the messages that are read.</summary>
internal sealed class CountingStreamReader<T>(IAsyncStreamReader<T> messages, ICounter counter) : IAsyncStreamReader<T>
{
    public T Current => messages.Current;

    public async Task<bool> MoveNext(CancellationToken cancellationToken)
    {
        if (!await messages.MoveNext(cancellationToken))
        {
            return false;
        }

        counter.Inc();
        return true;
    }
}
