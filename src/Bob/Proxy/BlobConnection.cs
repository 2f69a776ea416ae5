using System.IO.Pipelines;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;

namespace ImageBuilder.Bob.Proxy;

/// <summary>A connection of <see cref="BlobTransport"/>.</summary>
internal sealed class BlobConnection : DefaultConnectionContext, IMemoryPoolFeature, IConnectionSocketFeature, IDuplexPipe
{
    // Never disposed: it may be cancelled at any time, also after the connection is.
    private readonly CancellationTokenSource _closed = new();

    /// <summary>Takes over <paramref name="socket"/>.</summary>
    public BlobConnection(Socket socket)
    {
        Socket = socket;
        var stream = new NetworkStream(socket, ownsSocket: true);
        Input = PipeReader.Create(stream, new StreamPipeReaderOptions(MemoryPool, BlobMemory.BlockSize, minimumReadSize: BlobMemory.BlockSize / 4));
        Output = PipeWriter.Create(stream, new StreamPipeWriterOptions(MemoryPool, BlobMemory.BlockSize));
        Transport = this;
        ConnectionClosed = _closed.Token;
        LocalEndPoint = socket.LocalEndPoint;
        RemoteEndPoint = socket.RemoteEndPoint;
        Features.Set<IMemoryPoolFeature>(this);
        Features.Set<IConnectionSocketFeature>(this);
    }

    /// <inheritdoc />
    public Socket Socket { get; }

    /// <inheritdoc />
    public System.Buffers.MemoryPool<byte> MemoryPool => BlobMemory.Instance;

    /// <inheritdoc />
    public PipeReader Input { get; }

    /// <inheritdoc />
    public PipeWriter Output { get; }

    /// <inheritdoc />
    public override void Abort(ConnectionAbortedException abortReason)
    {
        Socket.Dispose();
        _ = _closed.CancelAsync();
    }

    /// <inheritdoc />
    public override async ValueTask DisposeAsync()
    {
        Abort(new ConnectionAbortedException());
        await Input.CompleteAsync();
        await Output.CompleteAsync();
        await base.DisposeAsync();
    }
}
