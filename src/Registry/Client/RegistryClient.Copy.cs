using ImageBuilder.Registry.Credentials;
using ImageBuilder.Registry.Names;
using ImageBuilder.Registry.Transport;

namespace ImageBuilder.Registry.Client;

public sealed partial class RegistryClient
{
    /// <summary>
    /// Copies an image, or an index with all its images, to another name, on the same registry or another. Only what is missing is sent; on the same
    /// registry blobs are mounted, and of an image that the target's repository has under another name only the manifest is stored. The digest stays the same.
    /// Layers that may not be redistributed are left where they are.
    /// </summary>
    /// <param name="from">The image to copy.</param>
    /// <param name="to">Its new name: a tag, or the digest that the image has.</param>
    /// <param name="fromCredential">What opens the registry of <paramref name="from"/>.</param>
    /// <param name="toCredential">What opens the registry of <paramref name="to"/>.</param>
    /// <param name="options">What to copy and how much at once; null: the defaults.</param>
    /// <param name="call">How patient to be.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    public async Task<CopyResult> CopyAsync(
        ImageReference from,
        ImageReference to,
        RegistryCredential? fromCredential,
        RegistryCredential? toCredential,
        CopyOptions? options = null,
        RegistryCall? call = null,
        CancellationToken cancellationToken = default)
    {
        using var copy = new ImageCopy(this, from, to, fromCredential, toCredential, options ?? CopyOptions.Default, call ?? RegistryCall.Default);
        return await copy.RunAsync(cancellationToken);
    }
}
