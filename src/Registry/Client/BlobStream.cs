using System.Security.Cryptography;
using ImageBuilder.Registry.Names;
using ImageBuilder.Registry.Transport;

namespace ImageBuilder.Registry.Client;

/// <summary>
/// A blob on its way from a registry. The read that would give its last bytes checks them first, so that no reader ever holds the whole of a wrong
/// blob without an error. A body that breaks off or stalls is taken up again where it stopped, a few times, if the registry sends parts of blobs.
/// </summary>
/// <param name="response">The first answer.</param>
/// <param name="body">Its body.</param>
/// <param name="offset">Where in the blob it begins.</param>
/// <param name="digest">What the bytes must have; null when the reader checks them himself.</param>
/// <param name="host">The registry, for messages.</param>
/// <param name="what">What is being done, for messages.</param>
/// <param name="resume">Asks for the bytes from an offset on; null when the registry sends no parts.</param>
/// <param name="options">When a body is stalled, and how often it is taken up.</param>
/// <param name="time">The clock.</param>
internal sealed class BlobStream(
    HttpResponseMessage response,
    Stream body,
    long offset,
    Digest? digest,
    string host,
    string what,
    Func<long, CancellationToken, Task<(HttpResponseMessage Response, Stream Body)?>> resume,
    RegistryTransportOptions options,
    TimeProvider time) : Stream
{
    // So much since the last failure, and the next one is the first again.
    private const long Progress = 16L << 20;

    private readonly IncrementalHash? _hash = digest?.CreateHash();
    private readonly long? _end = offset + response.Content.Headers.ContentLength;
    private CancellationTokenSource _stall = new(Timeout.InfiniteTimeSpan, time);
    private HttpResponseMessage _response = response;
    private Stream _body = body;
    private long _position = offset;
    private long _failedAt;
    private int _failures;
    private bool _ended;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => _end ?? throw new NotSupportedException();

    public override long Position
    {
        get => _position;
        set => throw new NotSupportedException();
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_ended || buffer.IsEmpty)
        {
            return 0;
        }

        var count = await ReadOrResumeAsync(buffer, cancellationToken);
        _hash?.AppendData(buffer.Span[..count]);
        _position += count;
        if (count == 0 || _position == _end)
        {
            _ended = true;
            if (_hash is not null && !digest!.Value.Matches(_hash))
            {
                throw Wrong();
            }
        }

        return count;
    }

    /// <summary>Notes that the bytes did not have their digest, and gives the error that says so.</summary>
    public RegistryException Wrong()
    {
        RegistryMirrors.BodyFailed(_response);
        return new RegistryException(RegistryError.DigestMismatch, host, $"cannot {what}: the bytes that registry {host} sent do not have that digest");
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
            _body.Dispose();
            _response.Dispose();
            _hash?.Dispose();
            _stall.Dispose();
        }

        base.Dispose(disposing);
    }

    private async ValueTask<int> ReadOrResumeAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                return await ReadBodyAsync(buffer, cancellationToken);
            }
            catch (RegistryException e) when (e.Error is RegistryError.Unavailable or RegistryError.Timeout)
            {
                if (!await ResumeAsync(cancellationToken))
                {
                    throw;
                }
            }
        }
    }

    private async Task<bool> ResumeAsync(CancellationToken cancellationToken)
    {
        _failures = _position - _failedAt >= Progress ? 0 : _failures;
        _failedAt = _position;
        if (_failures++ >= options.Retries)
        {
            return false;
        }

        if (_failures > 1)
        {
            await Task.Delay(options.RetryDelay * Math.Pow(2, _failures - 2), time, cancellationToken);
        }

        // The broken connection goes first, so that the same registry is not asked twice at once.
        await _body.DisposeAsync();
        _response.Dispose();
        if (await resume(_position, cancellationToken) is not { } again)
        {
            return false;
        }

        (_response, _body) = again;
        return _end is null || _position + _response.Content.Headers.ContentLength == _end;
    }

    private async ValueTask<int> ReadBodyAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        if (!_stall.TryReset())
        {
            _stall.Dispose();
            _stall = new CancellationTokenSource(Timeout.InfiniteTimeSpan, time);
        }

        using var linked = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _stall.Token);
        _stall.CancelAfter(options.StallTimeout);
        try
        {
            return await _body.ReadAsync(buffer, linked.Token);
        }
        catch (OperationCanceledException e) when (_stall.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            RegistryMirrors.BodyFailed(_response);
            throw new RegistryException(RegistryError.Timeout, host, $"cannot {what}: registry {host} sent nothing for {options.StallTimeout.TotalSeconds:0.#} s", e);
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            RegistryMirrors.BodyFailed(_response);
            throw new RegistryException(RegistryError.Unavailable, host, $"cannot {what}: registry {host} broke the connection after {_position} bytes", e);
        }
        finally
        {
            _stall.CancelAfter(Timeout.InfiniteTimeSpan);
        }
    }
}
