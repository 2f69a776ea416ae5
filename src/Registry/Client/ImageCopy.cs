using ImageBuilder.Registry.Credentials;
using ImageBuilder.Registry.Names;
using ImageBuilder.Registry.Transport;

namespace ImageBuilder.Registry.Client;

/// <summary>One copying of an image: leaves first, so that whatever is there at any moment is whole.</summary>
internal sealed class ImageCopy(
    RegistryClient client, ImageReference from, ImageReference to, RegistryCredential? fromCredential, RegistryCredential? toCredential, RegistryCall call)
{
    private const int BlobsAtOnce = 3;

    // An index of indexes is the deepest that anybody makes.
    private const int MaximumDepth = 3;

    private readonly bool _sameRegistry = RegistryHost.Normalise(from.Domain) == RegistryHost.Normalise(to.Domain);
    private int _present;
    private int _mounted;
    private int _sent;
    private long _bytes;

    private bool SameRepository => _sameRegistry && from.Path == to.Path;

    public async Task<CopyResult> RunAsync(CancellationToken cancellationToken)
    {
        var manifest = await client.GetManifestAsync(from, fromCredential, call, cancellationToken);
        if (to.Digest is { } expected && expected != manifest.Digest)
        {
            throw new RegistryException(RegistryError.DigestMismatch, from.Domain, $"cannot copy {from} to {to}: the image has digest {manifest.Digest}");
        }

        var there = await client.HeadManifestAsync(to, toCredential, call, cancellationToken);
        if (there?.Digest != manifest.Digest)
        {
            await CopyAsync(manifest, to, 1, cancellationToken);
        }

        return new CopyResult(manifest.Digest, _present, _mounted, _sent, _bytes);
    }

    private async Task CopyAsync(Manifest manifest, ImageReference target, int depth, CancellationToken cancellationToken)
    {
        if (!SameRepository)
        {
            var content = ManifestContent.Read(from.Domain, manifest);
            if (content.IsIndex)
            {
                await CopyEntriesAsync(content, depth, cancellationToken);
            }
            else
            {
                var blobs = content.Parts.Where(part => !MediaTypes.IsForeignLayer(part.MediaType)).DistinctBy(part => part.Digest);
                var parallel = new ParallelOptions { MaxDegreeOfParallelism = BlobsAtOnce, CancellationToken = cancellationToken };
                await Parallel.ForEachAsync(blobs, parallel, CopyBlobAsync);
            }
        }

        await client.PutManifestAsync(target, manifest.MediaType, manifest.Content, toCredential, call, cancellationToken);
    }

    private async Task CopyEntriesAsync(ManifestContent index, int depth, CancellationToken cancellationToken)
    {
        if (depth == MaximumDepth)
        {
            throw new RegistryException(RegistryError.InvalidResponse, from.Domain, $"cannot copy {from}: its indexes are nested more than {MaximumDepth} deep");
        }

        foreach (var digest in index.Parts.Select(part => part.Digest).Distinct())
        {
            if (await client.HeadManifestAsync(to.WithDigest(digest), toCredential, call, cancellationToken) is null)
            {
                var manifest = await client.GetManifestAsync(from.WithDigest(digest), fromCredential, call, cancellationToken);
                await CopyAsync(manifest, to.WithDigest(digest), depth + 1, cancellationToken);
            }
        }
    }

    private async ValueTask CopyBlobAsync(ManifestPart blob, CancellationToken cancellationToken)
    {
        if (await client.HasBlobAsync(to, blob.Digest, toCredential, call, cancellationToken))
        {
            Interlocked.Increment(ref _present);
        }
        else if (_sameRegistry && await MountAsync(blob, cancellationToken))
        {
            Interlocked.Increment(ref _mounted);
        }
        else
        {
            var source = new BlobSource(blob.Digest, blob.Size, (offset, running) => client.OpenBlobAsync(from, blob.Digest, offset, isVerified: false, fromCredential, call, running));
            await client.PushBlobAsync(to, source, toCredential, null, call, cancellationToken);
            Interlocked.Increment(ref _sent);
            Interlocked.Add(ref _bytes, blob.Size);
        }
    }

    private async Task<bool> MountAsync(ManifestPart blob, CancellationToken cancellationToken)
    {
        try
        {
            return await client.MountBlobAsync(from, to, blob.Digest, toCredential, call, cancellationToken);
        }
        catch (RegistryException e) when (e.Error is RegistryError.Unauthorized or RegistryError.Denied)
        {
            // The target's credential may not read the source; the source's own can.
            return false;
        }
    }
}
