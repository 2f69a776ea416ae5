using System.Buffers;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using ImageBuilder.Registry.Names;
using ImageBuilder.Registry.Transport;

namespace ImageBuilder.Registry.Client;

/// <summary>
/// Bytes of a blob on their way to a registry, hashed as they go; each piece that the registry takes gives the request more time. The source is left open.
/// </summary>
/// <param name="source">Where they come from.</param>
/// <param name="skipped">How many bytes at the source's place the registry has already; they are hashed and not sent.</param>
/// <param name="size">How many to send after those.</param>
/// <param name="hash">Takes all of them.</param>
/// <param name="digest">What the hash must then be, if these are the blob's last bytes; checked before the last of them go.</param>
/// <param name="wrong">The error when it is not, or when there are too few.</param>
/// <param name="deadline">The request's time.</param>
internal sealed class BlobContent : HttpContent
{
    private const int PieceSize = 64 << 10;

    private readonly Stream _source;
    private readonly long _skipped;
    private readonly long _size;
    private readonly IncrementalHash _hash;
    private readonly Digest? _digest;
    private readonly Func<RegistryException> _wrong;
    private readonly CallDeadline _deadline;

    public BlobContent(Stream source, long skipped, long size, IncrementalHash hash, Digest? digest, Func<RegistryException> wrong, CallDeadline deadline)
    {
        (_source, _skipped, _size, _hash, _digest, _wrong, _deadline) = (source, skipped, size, hash, digest, wrong, deadline);
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
        var piece = ArrayPool<byte>.Shared.Rent(PieceSize);
        try
        {
            for (var done = 0L; done < _skipped;)
            {
                done += await ReadAsync(piece, _skipped - done, cancellationToken);
            }

            for (var done = 0L; done < _size;)
            {
                var count = await ReadAsync(piece, _size - done, cancellationToken);
                if ((done += count) == _size && _digest?.Matches(_hash) == false)
                {
                    throw _wrong();
                }

                await stream.WriteAsync(piece.AsMemory(0, count), cancellationToken);
                _deadline.Extend();
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(piece);
        }
    }

    private async ValueTask<int> ReadAsync(byte[] piece, long atMost, CancellationToken cancellationToken)
    {
        try
        {
            var count = await _source.ReadAsync(piece.AsMemory(0, (int)Math.Min(PieceSize, atMost)), cancellationToken);
            if (count == 0)
            {
                throw _wrong();
            }

            _hash.AppendData(piece.AsSpan(0, count));
            return count;
        }
        catch (RegistryException e) when (e.Error is RegistryError.Unavailable or RegistryError.Timeout)
        {
            // The bytes come from another registry, and may be had on the next try.
            throw new TransientFailureException(e);
        }
    }
}
