using Grpc.Core;

namespace Grpc.AspNetCore.Server;

/// <summary>The responses of a streaming call.</summary>
internal sealed class ServerStreamWriter<T>(HttpServerCallContext context, Action<T, SerializationContext> serializer) : IServerStreamWriter<T>
    where T : class
{
    // The request's token: HttpContext must not be touched once the call has ended.
    private readonly CancellationToken _aborted = context.HttpContext.RequestAborted;
    private int _writing;
    private volatile bool _completed;

    public WriteOptions? WriteOptions
    {
        get => context.WriteOptions;
        set => context.WriteOptions = value;
    }

    public Task WriteAsync(T message) => WriteAsync(message, CancellationToken.None);

    public async Task WriteAsync(T message, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(message);
        cancellationToken.ThrowIfCancellationRequested();
        if (_completed || _aborted.IsCancellationRequested || context.IsDeadlineExceeded)
        {
            throw new InvalidOperationException("Can't write the message because the request is complete.");
        }

        if (Interlocked.Exchange(ref _writing, 1) == 1)
        {
            throw new InvalidOperationException("Can't write the message because the previous write is in progress.");
        }

        // A message that is given up half-way leaves nothing that could follow it, so the stream ends.
        using var reset = cancellationToken.UnsafeRegister(static state => ((HttpServerCallContext)state!).Reset(), context);
        try
        {
            await context.WriteAsync(message, serializer, flush: true, cancellationToken);
        }
        finally
        {
            Volatile.Write(ref _writing, 0);
        }
    }

    public void Complete() => _completed = true;
}
