using System.Net;
using System.Net.Http.Headers;
using Grpc.Wire;

namespace Grpc.Net.Client;

/// <summary>A request body of one framed message. Its buffer goes back to the pool when nothing can send it any more.</summary>
internal sealed class UnaryContent : HttpContent
{
    private readonly PooledBufferWriter _framed;
    private int _users = 1;
    private int _disposed;

    public UnaryContent(PooledBufferWriter framed)
    {
        _framed = framed;
        Headers.ContentType = new MediaTypeHeaderValue(GrpcHeaders.ContentType);
    }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    // The transport may still send when the call has ended, and may send twice when a connection was refused.
    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(Interlocked.Increment(ref _users) == 1, this);
        try
        {
            await stream.WriteAsync(_framed.WrittenMemory, cancellationToken);
        }
        finally
        {
            Release();
        }
    }

    protected override bool TryComputeLength(out long length)
    {
        length = -1;
        return false;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing && Interlocked.Exchange(ref _disposed, 1) == 0)
        {
            Release();
        }

        base.Dispose(disposing);
    }

    private void Release()
    {
        if (Interlocked.Decrement(ref _users) == 0)
        {
            _framed.Dispose();
        }
    }
}
