using ImageBuilder.Registry.Credentials;
using ImageBuilder.Registry.Names;
using ImageBuilder.Registry.Transport;

namespace ImageBuilder.Registry.Client;

/// <summary>
/// The registry's verbs (OCI distribution specification). One instance serves the process; it keeps connections and, by host, credential and
/// scope, tokens. Every call takes the credential it is made with (null: anonymously). Everything read is checked against its digest.
/// All verbs throw <see cref="RegistryException"/>. Safe for concurrent use.
/// </summary>
public sealed class RegistryClient : IDisposable
{
    /// <summary>A client.</summary>
    /// <param name="options">How registries are spoken to; null: the defaults.</param>
    /// <param name="handler">What sends requests; null: an own one, which follows no redirect and keeps no cookie. A given one must do the same and is not disposed.</param>
    /// <param name="time">The clock; null: the system's.</param>
    public RegistryClient(RegistryTransportOptions? options = null, HttpMessageHandler? handler = null, TimeProvider? time = null)
    {
        _ = (options, handler, time);
    }

    /// <summary>What opens <paramref name="host"/> with <paramref name="credential"/>, for callers that send requests themselves.</summary>
    public RegistryAuthenticator AuthenticatorFor(string host, RegistryCredential? credential) => throw new NotImplementedException(host + credential);

    /// <summary>What the registry says about the manifest of <paramref name="image"/>; null when there is none.</summary>
    public Task<ManifestDescriptor?> HeadManifestAsync(
        ImageReference image, RegistryCredential? credential, RegistryCall? call = null, CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <summary>The manifest, or index, of <paramref name="image"/>.</summary>
    public Task<Manifest> GetManifestAsync(
        ImageReference image, RegistryCredential? credential, RegistryCall? call = null, CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <summary>
    /// The digest of the image that <paramref name="image"/> means on <paramref name="platform"/>: an image manifest's own digest; of an index,
    /// the first entry for exactly that platform. Asks by HEAD, which registries do not count as a pull, and reads the manifest only where it must.
    /// </summary>
    public Task<Digest> ResolveAsync(
        ImageReference image, Platform platform, RegistryCredential? credential, RegistryCall? call = null, CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <summary>The size of a blob in bytes; null when the repository does not have it.</summary>
    public Task<long?> HeadBlobAsync(
        ImageReference repository, Digest digest, RegistryCredential? credential, RegistryCall? call = null, CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <summary>A blob's bytes. Reading past its last byte throws when the bytes do not have the digest. Dispose the stream.</summary>
    public Task<Stream> OpenBlobAsync(
        ImageReference repository, Digest digest, RegistryCredential? credential, RegistryCall? call = null, CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <summary>Makes a blob of repository <paramref name="from"/> one of repository <paramref name="to"/> on the same registry; false when the registry would not.</summary>
    public Task<bool> MountBlobAsync(
        ImageReference from, ImageReference to, Digest digest, RegistryCredential? credential, RegistryCall? call = null, CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <summary>Uploads a blob in one request, unless the repository has it.</summary>
    /// <param name="repository">Where to.</param>
    /// <param name="digest">The digest that the bytes must have.</param>
    /// <param name="size">How many bytes there are.</param>
    /// <param name="open">Opens the bytes; called again for each try.</param>
    /// <param name="credential">What opens the registry.</param>
    /// <param name="call">How patient to be.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    public Task PushBlobAsync(
        ImageReference repository, Digest digest, long size, Func<CancellationToken, Task<Stream>> open, RegistryCredential? credential, RegistryCall? call = null, CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <summary>Stores a manifest under the tag or digest of <paramref name="image"/>; all that it names must be there already.</summary>
    /// <returns>The digest of <paramref name="content"/>.</returns>
    public Task<Digest> PutManifestAsync(
        ImageReference image, string mediaType, ReadOnlyMemory<byte> content, RegistryCredential? credential, RegistryCall? call = null, CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <summary>Deletes the manifest with the digest of <paramref name="image"/>, which must have one (registries delete no tags); false when there was none.</summary>
    public Task<bool> DeleteManifestAsync(
        ImageReference image, RegistryCredential? credential, RegistryCall? call = null, CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <summary>
    /// Copies an image, or an index with all its images, to another name, on the same registry or another. Only what is missing is sent; on the same
    /// registry blobs are mounted. The digest stays the same.
    /// </summary>
    /// <param name="from">The image to copy.</param>
    /// <param name="to">Its new name: a tag, or the digest that the image has.</param>
    /// <param name="fromCredential">What opens the registry of <paramref name="from"/>.</param>
    /// <param name="toCredential">What opens the registry of <paramref name="to"/>.</param>
    /// <param name="call">How patient to be.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    public Task<CopyResult> CopyAsync(
        ImageReference from, ImageReference to, RegistryCredential? fromCredential, RegistryCredential? toCredential, RegistryCall? call = null, CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <inheritdoc />
    public void Dispose()
    {
    }
}
