namespace Grpc.Core;

/// <summary>The messages that go out; written one after the other, never two at once.</summary>
public interface IAsyncStreamWriter<in T>
{
    /// <summary>How the next messages are written.</summary>
    WriteOptions? WriteOptions { get; set; }

    /// <summary>Writes a message; completes when the transport has room for more, so a slow reader slows the writer.</summary>
    Task WriteAsync(T message);

    /// <summary>As <see cref="WriteAsync(T)"/>, given up by a token.</summary>
    Task WriteAsync(T message, CancellationToken cancellationToken)
    {
        if (cancellationToken.CanBeCanceled)
        {
            throw new NotSupportedException("Cancellation of stream writes is not supported by this gRPC implementation.");
        }

        return WriteAsync(message);
    }
}
