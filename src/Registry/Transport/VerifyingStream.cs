using System.Security.Cryptography;
using ImageBuilder.Registry.Names;

namespace ImageBuilder.Registry.Transport;

/// <summary>
/// A blob on its way from a registry. The read that would give its last bytes checks them first, so that no reader ever holds the whole of a wrong
/// blob without an error. Fails when no byte comes for a while.
/// </summary>
internal sealed class VerifyingStream(Stream inner, HttpResponseMessage response, Digest digest, string host, string what, TimeSpan stallTimeout, TimeProvider time) : Stream
{
    private readonly IncrementalHash _hash = digest.CreateHash();
    private readonly CancellationTokenSource _stall = new(Timeout.InfiniteTimeSpan, time);
    private readonly long? _expected = response.Content.Headers.ContentLength;
    private long _received;
    private bool _verified;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => _expected ?? throw new NotSupportedException();

    public override long Position
    {
        get => _received;
        set => throw new NotSupportedException();
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_verified || buffer.IsEmpty)
        {
            return 0;
        }

        var count = await ReadInnerAsync(buffer, cancellationToken);
        _hash.AppendData(buffer.Span[..count]);
        _received += count;
        if (count == 0 || _received == _expected)
        {
            if (!digest.Matches(_hash))
            {
                RegistryMirrors.BodyFailed(response);
                throw new RegistryException(RegistryError.DigestMismatch, host, $"cannot {what}: the bytes that registry {host} sent do not have that digest");
            }

            _verified = true;
        }

        return count;
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => ReadAsync(buffer.AsMemory(offset, count)).AsTask().GetAwaiter().GetResult();

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            inner.Dispose();
            response.Dispose();
            _hash.Dispose();
            _stall.Dispose();
        }

        base.Dispose(disposing);
    }

    private async ValueTask<int> ReadInnerAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _stall.Token);
        _stall.CancelAfter(stallTimeout);
        try
        {
            return await inner.ReadAsync(buffer, linked.Token);
        }
        catch (OperationCanceledException e) when (_stall.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            RegistryMirrors.BodyFailed(response);
            throw new RegistryException(RegistryError.Timeout, host, $"cannot {what}: registry {host} sent nothing for {stallTimeout.TotalSeconds:0.#} s", e);
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            RegistryMirrors.BodyFailed(response);
            throw new RegistryException(RegistryError.Unavailable, host, $"cannot {what}: registry {host} broke the connection after {_received} bytes", e);
        }
        finally
        {
            _stall.CancelAfter(Timeout.InfiniteTimeSpan);
        }
    }
}
