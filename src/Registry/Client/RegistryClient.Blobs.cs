using System.Net;
using System.Net.Http.Headers;
using ImageBuilder.Registry.Credentials;
using ImageBuilder.Registry.Names;
using ImageBuilder.Registry.Transport;

namespace ImageBuilder.Registry.Client;

public sealed partial class RegistryClient
{
    /// <summary>Whether the repository has a blob.</summary>
    public Task<bool> HasBlobAsync(
        ImageReference repository, Digest digest, RegistryCredential? credential, RegistryCall? call = null, CancellationToken cancellationToken = default)
    {
        var request = new RegistryRequest(HttpMethod.Head, BlobAddress(repository, digest), $"look for blob {digest} of {repository.RepositoryName}", [RegistryScope.Pull(repository.Path)]);
        return _transport.SendAsync(
            repository.Domain, credential, request, call ?? RegistryCall.Default, (response, token) => SucceededAsync(repository.Domain, request.What, response, token), cancellationToken);
    }

    /// <summary>
    /// A blob's bytes. The read that would give the last of them throws when together they do not have the digest; so does a read
    /// for which nothing comes within <see cref="RegistryTransportOptions.StallTimeout"/>. A body that breaks off is taken up where it stopped, at most
    /// <see cref="RegistryTransportOptions.Retries"/> times for each 16 MiB, if the registry sends parts of blobs (RFC 9110, 14.2). Dispose the stream.
    /// </summary>
    public async Task<Stream> OpenBlobAsync(
        ImageReference repository, Digest digest, RegistryCredential? credential, RegistryCall? call = null, CancellationToken cancellationToken = default) =>
        await OpenBlobAsync(repository, digest, 0, isVerified: true, credential, call ?? RegistryCall.Default, cancellationToken);

    /// <summary>Makes a blob of repository <paramref name="from"/> one of repository <paramref name="to"/> on the same registry; false when the registry would not.</summary>
    public Task<bool> MountBlobAsync(
        ImageReference from, ImageReference to, Digest digest, RegistryCredential? credential, RegistryCall? call = null, CancellationToken cancellationToken = default)
    {
        var request = new RegistryRequest(
            HttpMethod.Post,
            $"/v2/{to.Path}/blobs/uploads/?mount={digest}&from={Uri.EscapeDataString(from.Path)}",
            $"mount blob {digest} of {from.RepositoryName} in {to.RepositoryName}",
            [RegistryScope.Pull(from.Path), RegistryScope.PullAndPush(to.Path)]);
        return _transport.RunAsync(
            to.Domain,
            request.What,
            call ?? RegistryCall.Default,
            async deadline =>
            {
                using var response = await _transport.SendOnceAsync(to.Domain, credential, request, deadline);
                switch (response.StatusCode)
                {
                    case HttpStatusCode.Created:
                        return true;
                    case HttpStatusCode.Accepted:
                        // It began an upload in place of the mount, which nobody is going to finish.
                        var cancel = new RegistryRequest(HttpMethod.Delete, UploadAddress(to, response, request.What), $"cancel an upload to {to.RepositoryName}", [RegistryScope.CancelUpload(to.Path)]);
                        (await _transport.SendOnceAsync(to.Domain, credential, cancel, deadline)).Dispose();
                        return false;
                    case HttpStatusCode.NotFound or HttpStatusCode.MethodNotAllowed:
                        return false;
                    default:
                        throw await FailureAnswer.ReadAsync(to.Domain, request.What, response, deadline.Token);
                }
            },
            cancellationToken);
    }

    /// <summary>Uploads a blob: a small one in one piece, a large one in chunks. An upload that fails for good is cancelled.</summary>
    /// <param name="repository">Where to.</param>
    /// <param name="blob">The blob. Bytes without its digest are an error (<see cref="RegistryError.DigestMismatch"/>), and not stored.</param>
    /// <param name="credential">What opens the registry.</param>
    /// <param name="options">When to send chunks; null: the defaults.</param>
    /// <param name="call">How patient to be; the deadline starts anew with each piece that the registry takes.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    public async Task PushBlobAsync(
        ImageReference repository, BlobSource blob, RegistryCredential? credential, BlobUploadOptions? options = null, RegistryCall? call = null, CancellationToken cancellationToken = default)
    {
        await using var upload = new BlobUpload(_transport, repository, blob, credential, options ?? BlobUploadOptions.Default, call ?? RegistryCall.Default);
        await upload.RunAsync(cancellationToken);
    }

    /// <summary>Deletes a blob of a repository, which other repositories may go on having; false when there was none. Not every registry can.</summary>
    public Task<bool> DeleteBlobAsync(
        ImageReference repository, Digest digest, RegistryCredential? credential, RegistryCall? call = null, CancellationToken cancellationToken = default)
    {
        var request = new RegistryRequest(HttpMethod.Delete, BlobAddress(repository, digest), $"delete blob {digest} of {repository.RepositoryName}", [RegistryScope.Delete(repository.Path)]);
        return _transport.SendAsync(
            repository.Domain, credential, request, call ?? RegistryCall.Default, (response, token) => SucceededAsync(repository.Domain, request.What, response, token), cancellationToken);
    }

    /// <summary>A blob's bytes from an offset on; checked against its digest only from the beginning, and only if <paramref name="isVerified"/>.</summary>
    internal async Task<BlobStream> OpenBlobAsync(
        ImageReference repository, Digest digest, long offset, bool isVerified, RegistryCredential? credential, RegistryCall call, CancellationToken cancellationToken)
    {
        var host = repository.Domain;
        var what = $"read blob {digest} of {repository.RepositoryName}";
        var (response, body) = await OpenAsync(offset, cancellationToken)
            ?? throw new RegistryException(RegistryError.InvalidResponse, host, $"cannot {what}: registry {host} does not send it from byte {offset} on");
        return new BlobStream(response, body, offset, isVerified ? digest : null, host, what, OpenAsync, _transport.Options, _transport.Time);

        Task<(HttpResponseMessage Response, Stream Body)?> OpenAsync(long from, CancellationToken running)
        {
            var request = new RegistryRequest(HttpMethod.Get, BlobAddress(repository, digest), what, [RegistryScope.Pull(repository.Path)])
            {
                Range = from == 0 ? null : new RangeHeaderValue(from, null),
            };
            return _transport.RunAsync<(HttpResponseMessage, Stream)?>(
                host,
                what,
                call,
                async deadline =>
                {
                    var response = await _transport.SendOnceAsync(host, credential, request, deadline);
                    try
                    {
                        if (from == 0 ? response.StatusCode == HttpStatusCode.OK : response.StatusCode == HttpStatusCode.PartialContent && response.Content.Headers.ContentRange?.From == from)
                        {
                            return (response, await response.Content.ReadAsStreamAsync(deadline.Token));
                        }

                        if (from > 0 && (response.IsSuccessStatusCode || response.StatusCode == HttpStatusCode.RequestedRangeNotSatisfiable))
                        {
                            response.Dispose();
                            return null;
                        }

                        throw await FailureAnswer.ReadAsync(host, what, response, deadline.Token);
                    }
                    catch
                    {
                        response.Dispose();
                        throw;
                    }
                },
                running);
        }
    }

    internal static string BlobAddress(ImageReference repository, Digest digest) => $"/v2/{repository.Path}/blobs/{digest}";

    internal static string UploadAddress(ImageReference repository, HttpResponseMessage response, string what) =>
        response.Headers.Location?.OriginalString
        ?? throw new RegistryException(RegistryError.InvalidResponse, repository.Domain, $"cannot {what}: registry {repository.Domain} names no upload address");
}
