using System.Net;
using System.Net.Http.Headers;

namespace ImageBuilder.Registry.Transport;

/// <summary>The bytes of a blob on their way to a registry; each piece that the registry takes gives the request more time.</summary>
internal sealed class UploadContent : HttpContent
{
    private const int PieceSize = 128 << 10;

    private readonly Stream _source;
    private readonly long _size;
    private readonly CallDeadline _deadline;

    public UploadContent(Stream source, long size, CallDeadline deadline)
    {
        (_source, _size, _deadline) = (source, size, deadline);
        Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
    }

    protected override bool TryComputeLength(out long length)
    {
        length = _size;
        return true;
    }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        var piece = new byte[PieceSize];
        int count;
        while ((count = await ReadAsync(piece, cancellationToken)) > 0)
        {
            await stream.WriteAsync(piece.AsMemory(0, count), cancellationToken);
            _deadline.Extend();
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _source.Dispose();
        }

        base.Dispose(disposing);
    }

    private async ValueTask<int> ReadAsync(byte[] piece, CancellationToken cancellationToken)
    {
        try
        {
            return await _source.ReadAsync(piece, cancellationToken);
        }
        catch (RegistryException e) when (e.Error is RegistryError.Unavailable or RegistryError.Timeout)
        {
            // The bytes come from another registry, and may be had on the next try.
            throw new TransientFailureException(e);
        }
    }
}
