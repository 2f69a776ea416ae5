using System.Net;
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
    /// for which nothing comes within <see cref="RegistryTransportOptions.StallTimeout"/>. Dispose the stream.
    /// </summary>
    public Task<Stream> OpenBlobAsync(
        ImageReference repository, Digest digest, RegistryCredential? credential, RegistryCall? call = null, CancellationToken cancellationToken = default)
    {
        var host = repository.Domain;
        var request = new RegistryRequest(HttpMethod.Get, BlobAddress(repository, digest), $"read blob {digest} of {repository.RepositoryName}", [RegistryScope.Pull(repository.Path)]);
        return _transport.RunAsync<Stream>(
            host,
            request.What,
            call ?? RegistryCall.Default,
            async deadline =>
            {
                var response = await _transport.SendOnceAsync(host, credential, request, deadline);
                try
                {
                    return response.StatusCode == HttpStatusCode.OK
                        ? new VerifyingStream(
                            await response.Content.ReadAsStreamAsync(deadline.Token), response, digest, host, request.What, _transport.Options.StallTimeout, _transport.Time)
                        : throw await FailureAnswer.ReadAsync(host, request.What, response, deadline.Token);
                }
                catch
                {
                    response.Dispose();
                    throw;
                }
            },
            cancellationToken);
    }

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
                        var cancel = new RegistryRequest(HttpMethod.Delete, Location(to, response, request.What), $"cancel an upload to {to.RepositoryName}", request.Scopes);
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

    /// <summary>Uploads a blob in one piece.</summary>
    /// <param name="repository">Where to.</param>
    /// <param name="digest">The digest that the bytes must have.</param>
    /// <param name="size">How many bytes there are.</param>
    /// <param name="open">Opens the bytes; called again for each try.</param>
    /// <param name="credential">What opens the registry.</param>
    /// <param name="call">How patient to be; the deadline starts anew with each piece that the registry takes.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    public Task PushBlobAsync(
        ImageReference repository, Digest digest, long size, Func<CancellationToken, Task<Stream>> open, RegistryCredential? credential, RegistryCall? call = null, CancellationToken cancellationToken = default)
    {
        var host = repository.Domain;
        var what = $"store blob {digest} in {repository.RepositoryName}";
        RegistryScope[] scopes = [RegistryScope.PullAndPush(repository.Path)];
        var start = new RegistryRequest(HttpMethod.Post, $"/v2/{repository.Path}/blobs/uploads/", what, scopes);
        return _transport.RunAsync(
            host,
            what,
            call ?? RegistryCall.Default,
            async deadline =>
            {
                using var started = await _transport.SendOnceAsync(host, credential, start, deadline);
                if (started.StatusCode != HttpStatusCode.Accepted)
                {
                    throw await FailureAnswer.ReadAsync(host, what, started, deadline.Token);
                }

                var location = Location(repository, started, what);
                var finish = new RegistryRequest(HttpMethod.Put, $"{location}{(location.Contains('?', StringComparison.Ordinal) ? '&' : '?')}digest={Uri.EscapeDataString(digest.ToString())}", what, scopes)
                {
                    Content = async running => new UploadContent(await open(running.Token), size, running),
                };
                using var finished = await _transport.SendOnceAsync(host, credential, finish, deadline);
                return finished.StatusCode == HttpStatusCode.Created ? true : throw await FailureAnswer.ReadAsync(host, what, finished, deadline.Token);
            },
            cancellationToken);
    }

    private static string BlobAddress(ImageReference repository, Digest digest) => $"/v2/{repository.Path}/blobs/{digest}";

    private static string Location(ImageReference repository, HttpResponseMessage response, string what) =>
        response.Headers.Location?.OriginalString
        ?? throw new RegistryException(RegistryError.InvalidResponse, repository.Domain, $"cannot {what}: registry {repository.Domain} names no upload address");
}
