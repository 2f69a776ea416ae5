using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text.RegularExpressions;
using ImageBuilder.Registry.Credentials;
using ImageBuilder.Registry.Names;
using ImageBuilder.Registry.Transport;

namespace ImageBuilder.Registry.Client;

/// <summary>
/// One blob on its way to a registry (OCI distribution specification, Pushing blobs). What is sent is hashed on the way, and the last piece is held back when
/// it is not the blob. In chunks, an upload that breaks goes on at the offset that the registry tells; where the upload is gone, it begins anew.
/// </summary>
internal sealed partial class BlobUpload(
    RegistryTransport transport,
    ImageReference repository,
    BlobSource blob,
    RegistryCredential? credential,
    BlobUploadOptions options,
    RegistryCall call) : IAsyncDisposable
{
    private static readonly RegistryCall Cancelling = new() { Deadline = TimeSpan.FromSeconds(5) };

    private readonly string _host = repository.Domain;
    private readonly string _what = $"store blob {blob.Digest} in {repository.RepositoryName}";
    private readonly IReadOnlyList<RegistryScope> _scopes = [RegistryScope.PullAndPush(repository.Path)];

    // Where the registry wants the upload to go on; null while there is none.
    private string? _address;
    private long _minimumChunk;

    // The registry has the bytes before _offset. Those before _hashed have gone through the hash.
    private long _offset;
    private long _hashed;
    private IncrementalHash _hash = blob.Digest.CreateHash();

    // The end of the last chunk that was sent without a clear answer.
    private long? _unsure;

    private Stream? _source;
    private long _sourceAt;

    private enum Chunk
    {
        Taken,
        Refused,
        UploadGone,
    }

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var isStored = blob.Size > options.MonolithicUpTo ? await SendChunksAsync(cancellationToken) : await SendWholeAsync(cancellationToken);
        _address = isStored ? null : _address;
        if (!isStored)
        {
            throw new RegistryException(RegistryError.Unavailable, _host, $"cannot {_what}: registry {_host} lost the upload again and again; try again later");
        }
    }

    public async ValueTask DisposeAsync()
    {
        await CloseSourceAsync();
        _hash.Dispose();
        if (_address is not null)
        {
            await CancelAsync(_address);
        }
    }

    private async Task<bool> SendWholeAsync(CancellationToken cancellationToken)
    {
        var tries = 0;
        return await transport.RunAsync(
            _host,
            _what,
            call,
            async deadline =>
            {
                // Its answer may be all that was lost.
                if (tries++ > 0 && await IsThereAsync(deadline))
                {
                    return true;
                }

                await StartAsync(deadline);
                using var finished = await SendAsync(HttpMethod.Put, CommitAddress(), deadline, async running =>
                {
                    ResetHash();
                    return new BlobContent(await SourceAtAsync(0, running.Token), 0, blob.Size, _hash, blob.Digest, Wrong, running);
                });
                return finished.StatusCode == HttpStatusCode.Created ? true : throw await FailureAnswer.ReadAsync(_host, _what, finished, deadline.Token);
            },
            cancellationToken);
    }

    /// <summary>False when the registry lost the upload too often.</summary>
    private async Task<bool> SendChunksAsync(CancellationToken cancellationToken)
    {
        for (var begun = 0; begun <= transport.Options.Retries; begun++)
        {
            var isBegun = await transport.RunAsync(
                _host,
                _what,
                call,
                async deadline =>
                {
                    if (begun > 0 && await IsThereAsync(deadline))
                    {
                        return false;
                    }

                    await StartAsync(deadline);
                    return true;
                },
                cancellationToken);
            if (!isBegun)
            {
                return true;
            }

            var last = Chunk.Taken;
            while (_offset < blob.Size && last == Chunk.Taken)
            {
                last = await transport.RunAsync(_host, _what, call, SendChunkAsync, cancellationToken);
            }

            if (last == Chunk.Refused)
            {
                return await SendWholeAsync(cancellationToken);
            }

            if (last == Chunk.Taken)
            {
                await CheckAsync(cancellationToken);
                if (await transport.RunAsync(_host, _what, call, CommitAsync, cancellationToken))
                {
                    return true;
                }
            }
        }

        return false;
    }

    private async Task<Chunk> SendChunkAsync(CallDeadline deadline)
    {
        if (_unsure is { } sent && !await LocateAsync(sent, deadline))
        {
            return Chunk.UploadGone;
        }

        var size = Math.Min(Math.Max(options.ChunkSize, _minimumChunk), blob.Size - _offset);
        var end = _offset + size;
        if (size == 0)
        {
            return Chunk.Taken;
        }

        IncrementalHash? hash = null;
        try
        {
            _unsure = end;
            using var answer = await SendAsync(HttpMethod.Patch, _address!, deadline, async running =>
            {
                hash?.Dispose();
                hash = _hash.Clone();
                var content = new BlobContent(await SourceAtAsync(_hashed, running.Token), _offset - _hashed, size, hash, end == blob.Size ? blob.Digest : null, Wrong, running);

                // No unit, as the specification has it.
                content.Headers.TryAddWithoutValidation("Content-Range", $"{_offset}-{end - 1}");
                return content;
            });
            switch (answer.StatusCode)
            {
                case HttpStatusCode.Accepted or HttpStatusCode.NoContent or HttpStatusCode.Created:
                    if (LastTold(answer) is { } last && last + 1 < end)
                    {
                        // It took a part of the chunk; asked on the next try, it says how much.
                        throw new TransientFailureException(new RegistryException(RegistryError.InvalidResponse, _host, $"cannot {_what}: registry {_host} does not take the chunks that it is sent"));
                    }

                    _address = answer.Headers.Location?.OriginalString ?? _address;
                    (_hash, hash) = (hash!, _hash);
                    (_offset, _hashed, _sourceAt, _unsure) = (end, end, end, null);
                    return Chunk.Taken;
                case HttpStatusCode.RequestedRangeNotSatisfiable:
                    // The registry is at another place; it is asked for it on the next try.
                    throw new TransientFailureException(await FailureAnswer.ReadAsync(_host, _what, answer, deadline.Token));
                case HttpStatusCode.BadRequest or HttpStatusCode.NotFound when _offset > 0:
                    return Chunk.UploadGone;
                case HttpStatusCode.BadRequest or HttpStatusCode.NotFound or HttpStatusCode.MethodNotAllowed or HttpStatusCode.UnsupportedMediaType or HttpStatusCode.NotImplemented:
                    return Chunk.Refused;
                default:
                    throw await FailureAnswer.ReadAsync(_host, _what, answer, deadline.Token);
            }
        }
        finally
        {
            hash?.Dispose();
        }
    }

    /// <summary>Asks where the upload stands; false when it is gone.</summary>
    private async Task<bool> LocateAsync(long sent, CallDeadline deadline)
    {
        using var answer = await SendAsync(HttpMethod.Get, _address!, deadline);
        if (answer.StatusCode is HttpStatusCode.NotFound or HttpStatusCode.BadRequest or HttpStatusCode.RequestedRangeNotSatisfiable)
        {
            return false;
        }

        if (!answer.IsSuccessStatusCode)
        {
            throw await FailureAnswer.ReadAsync(_host, _what, answer, deadline.Token);
        }

        // Nothing and one byte read alike; nothing is the likelier.
        var told = LastTold(answer) is > 0 and { } last ? last + 1 : 0;
        if (told > sent)
        {
            return false;
        }

        // docker-registry 2 says "0-0" whatever it has, with an address that holds for an upload of nothing: what it confirmed before counts.
        if (told > _offset)
        {
            (_offset, _address) = (told, answer.Headers.Location?.OriginalString ?? _address);
        }

        _unsure = null;
        return true;
    }

    /// <summary>Makes the upload a blob; false when it is gone.</summary>
    private async Task<bool> CommitAsync(CallDeadline deadline)
    {
        if (_unsure is not null && await IsThereAsync(deadline))
        {
            return true;
        }

        _unsure = blob.Size;
        using var answer = await SendAsync(HttpMethod.Put, CommitAddress(), deadline, _ => Task.FromResult<HttpContent>(new ByteArrayContent([])));
        return answer.StatusCode == HttpStatusCode.Created
            || (answer.StatusCode == HttpStatusCode.NotFound ? false : throw await FailureAnswer.ReadAsync(_host, _what, answer, deadline.Token));
    }

    /// <summary>Reads what the registry has got and the hash has not, which is when it had taken the end of a chunk without saying so.</summary>
    private async Task CheckAsync(CancellationToken cancellationToken)
    {
        if (_hashed == blob.Size)
        {
            return;
        }

        var source = await SourceAtAsync(_hashed, cancellationToken);
        var piece = new byte[16 << 10];
        int count;
        while ((count = await source.ReadAsync(piece, cancellationToken)) > 0)
        {
            _hash.AppendData(piece, 0, count);
        }

        _hashed = blob.Size;
        if (!blob.Digest.Matches(_hash))
        {
            throw Wrong();
        }
    }

    private async Task StartAsync(CallDeadline deadline)
    {
        ResetHash();
        (_offset, _unsure) = (0, null);
        using var started = await SendAsync(HttpMethod.Post, $"/v2/{repository.Path}/blobs/uploads/", deadline);
        if (started.StatusCode != HttpStatusCode.Accepted)
        {
            throw await FailureAnswer.ReadAsync(_host, _what, started, deadline.Token);
        }

        _address = RegistryClient.UploadAddress(repository, started, _what);
        _minimumChunk = started.Headers.TryGetValues("OCI-Chunk-Min-Length", out var values) && long.TryParse(values.FirstOrDefault(), NumberStyles.None, CultureInfo.InvariantCulture, out var told) ? told : 0;
    }

    private async Task<bool> IsThereAsync(CallDeadline deadline)
    {
        using var answer = await SendAsync(HttpMethod.Head, RegistryClient.BlobAddress(repository, blob.Digest), deadline);
        return answer.IsSuccessStatusCode;
    }

    private async Task CancelAsync(string address)
    {
        using var deadline = new CallDeadline(Cancelling, transport.Time, CancellationToken.None);
        try
        {
            var request = new RegistryRequest(HttpMethod.Delete, address, $"cancel an upload to {repository.RepositoryName}", [RegistryScope.CancelUpload(repository.Path)]);
            (await transport.SendOnceAsync(_host, credential, request, deadline)).Dispose();
        }
        catch (Exception e) when (e is RegistryException or TransientFailureException or OperationCanceledException)
        {
            // The upload's own failure is being told; registries remove what is left of uploads in time.
        }
    }

    private Task<HttpResponseMessage> SendAsync(HttpMethod method, string address, CallDeadline deadline, Func<CallDeadline, Task<HttpContent>>? content = null) =>
        transport.SendOnceAsync(_host, credential, new RegistryRequest(method, address, _what, _scopes) { Content = content }, deadline);

    private string CommitAddress() => $"{_address}{(_address!.Contains('?', StringComparison.Ordinal) ? '&' : '?')}digest={Uri.EscapeDataString(blob.Digest.ToString())}";

    private void ResetHash()
    {
        _hash.Dispose();
        (_hash, _hashed) = (blob.Digest.CreateHash(), 0);
    }

    /// <summary>The source at <paramref name="offset"/>: the open one if it is there. Whoever takes it says where he left it (<see cref="_sourceAt"/>), or it is opened anew.</summary>
    private async Task<Stream> SourceAtAsync(long offset, CancellationToken cancellationToken)
    {
        if (_source is null || _sourceAt != offset)
        {
            await CloseSourceAsync();
            _source = await blob.OpenAsync(offset, cancellationToken);
        }

        _sourceAt = -1;
        return _source;
    }

    private async Task CloseSourceAsync()
    {
        if (_source is not null)
        {
            await _source.DisposeAsync();
            _source = null;
        }
    }

    // The last byte that the registry has, by "Range: 0-<last>".
    private static long? LastTold(HttpResponseMessage answer) =>
        answer.Headers.NonValidated.TryGetValues("Range", out var values)
        && ToldRange().Match(values.ToString()) is { Success: true } range
        && long.TryParse(range.Groups[1].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out var last)
            ? last
            : null;

    private RegistryException Wrong() => new(RegistryError.DigestMismatch, _host, $"cannot {_what}: the bytes given are not {blob.Size} bytes with that digest");

    [GeneratedRegex("^(?:bytes=)?0-([0-9]{1,18})$")]
    private static partial Regex ToldRange();
}
