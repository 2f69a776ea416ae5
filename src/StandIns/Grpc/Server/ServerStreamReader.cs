using Grpc.Core;

namespace Grpc.AspNetCore.Server;

/// <summary>The requests of a streaming call.</summary>
internal sealed class ServerStreamReader<T>(HttpServerCallContext context, Func<DeserializationContext, T> deserializer) : IAsyncStreamReader<T>
    where T : class
{
    // The request's token: HttpContext must not be touched once the call has ended.
    private readonly CancellationToken _aborted = context.HttpContext.RequestAborted;
    private volatile bool _completed;

    public T Current { get; private set; } = null!;

    public async Task<bool> MoveNext(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (_completed || _aborted.IsCancellationRequested)
        {
            throw new InvalidOperationException("Can't read messages after the request is complete.");
        }

        Current = null!;
        Current = (await context.Reader.ReadAsync(deserializer, cancellationToken))!;
        return Current is not null;
    }

    public void Complete() => _completed = true;
}
