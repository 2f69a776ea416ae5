using ImageBuilder.Registry.Credentials;
using ImageBuilder.Registry.Names;
using ImageBuilder.Registry.Transport;

namespace ImageBuilder.Registry.Client;

public sealed partial class RegistryClient
{
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
        ImageReference from, ImageReference to, RegistryCredential? fromCredential, RegistryCredential? toCredential, RegistryCall? call = null, CancellationToken cancellationToken = default) =>
        new ImageCopy(this, from, to, fromCredential, toCredential, call ?? RegistryCall.Default).RunAsync(cancellationToken);
}
