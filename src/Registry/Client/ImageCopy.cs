using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;
using ImageBuilder.Registry.Credentials;
using ImageBuilder.Registry.Names;
using ImageBuilder.Registry.Transport;

namespace ImageBuilder.Registry.Client;

/// <summary>One copying of an image: leaves first, so that whatever is there at any moment is whole. Nothing is sent twice.</summary>
internal sealed class ImageCopy(
    RegistryClient client,
    ImageReference from,
    ImageReference to,
    RegistryCredential? fromCredential,
    RegistryCredential? toCredential,
    CopyOptions options,
    RegistryCall call) : IDisposable
{
    // An index of indexes is the deepest that anybody makes; so is a signature of an attestation of an image.
    private const int MaximumDepth = 3;
    private const int MaximumReferrers = 1000;

    // The shortcut saves requests and is not worth more than they are.
    private static readonly TimeSpan s_shortcutPatience = TimeSpan.FromSeconds(5);

    // A mirror of the target may have what the target itself has not.
    private readonly RegistryCall _targetCall = call with { UseMirrors = false };
    private readonly bool _sameRegistry = RegistryHost.Normalise(from.Domain) == RegistryHost.Normalise(to.Domain);
    private readonly SemaphoreSlim _transfers = new(options.BlobsAtOnce);
    private readonly ConcurrentDictionary<Digest, Lazy<Task>> _blobs = [];
    private readonly ConcurrentDictionary<Digest, Lazy<Task>> _manifests = [];
    private Exception? _failure;
    private int _present;
    private int _mounted;
    private int _sent;
    private long _bytes;

    private bool SameRepository => _sameRegistry && from.Path == to.Path;

    public async Task<CopyResult> RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            var wanted = client.GetManifestAsync(from, fromCredential, call, cancellationToken);
            var found = options.IsTargetNew ? Task.FromResult<ManifestDescriptor?>(null) : client.HeadManifestAsync(to, toCredential, _targetCall, cancellationToken);
            await Task.WhenAll(wanted, found);
            var manifest = await wanted;
            if (to.Digest is { } expected && expected != manifest.Digest)
            {
                throw new RegistryException(RegistryError.DigestMismatch, from.Domain, $"cannot copy {from} to {to}: the image has digest {manifest.Digest}");
            }

            _manifests[manifest.Digest] = new Lazy<Task>(Task.CompletedTask);
            if ((await found)?.Digest != manifest.Digest && !await TagAsync(manifest, cancellationToken))
            {
                await CopyAsync(manifest, to, 1, cancellationToken);
            }

            if (options.Referrers && !SameRepository)
            {
                await CopyReferrersAsync(manifest, cancellationToken);
            }

            return new CopyResult(manifest.Digest, _present, _mounted, _sent, _bytes);
        }
        catch (OperationCanceledException) when (_failure is not null && !cancellationToken.IsCancellationRequested)
        {
            // The first failure stops the rest, which may be heard of earlier.
            ExceptionDispatchInfo.Throw(_failure);
            throw;
        }
    }

    public void Dispose() => _transfers.Dispose();

    // A registry takes a manifest when it has all that this names, and keeps that as long: one that is there needs its tag and nothing else.
    private async Task<bool> TagAsync(Manifest manifest, CancellationToken cancellationToken)
    {
        if (SameRepository || to.Digest is not null || !await HasAsync(manifest.Digest, cancellationToken))
        {
            return false;
        }

        try
        {
            await client.PutManifestAsync(to, manifest.MediaType, manifest.Content, toCredential, call, cancellationToken);
            return true;
        }
        catch (RegistryException e) when (e.Error is RegistryError.NotFound or RegistryError.Rejected)
        {
            // Something that it names was deleted there.
            return false;
        }
    }

    private async Task<bool> HasAsync(Digest digest, CancellationToken cancellationToken)
    {
        var hurried = _targetCall with { Retry = RegistryRetry.None, Deadline = TimeSpan.FromTicks(Math.Min(call.Deadline.Ticks, s_shortcutPatience.Ticks)) };
        try
        {
            return await client.HeadManifestAsync((options.TargetByDigest ?? to).WithDigest(digest), toCredential, hurried, cancellationToken) is not null;
        }
        catch (RegistryException)
        {
            return false;
        }
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
                var blobs = content.Parts.Where(part => !MediaTypes.IsForeignLayer(part.MediaType));
                await EachAsync(blobs, options.BlobsAtOnce, (blob, token) => new ValueTask(_blobs.GetOrAdd(blob.Digest, _ => new Lazy<Task>(() => CopyBlobAsync(blob, token))).Value), cancellationToken);
            }
        }

        await client.PutManifestAsync(target, manifest.MediaType, manifest.Content, toCredential, call, cancellationToken);
    }

    private Task CopyEntriesAsync(ManifestContent index, int depth, CancellationToken cancellationToken)
    {
        if (depth == MaximumDepth)
        {
            throw new RegistryException(RegistryError.InvalidResponse, from.Domain, $"cannot copy {from}: its indexes are nested more than {MaximumDepth} deep");
        }

        return EachAsync(index.Parts.Select(part => part.Digest).Distinct(), options.ManifestsAtOnce, (digest, token) => CopyEntryAsync(digest, depth + 1, token), cancellationToken);
    }

    // Once each: an index may wait here for what another one is copying.
    private ValueTask CopyEntryAsync(Digest digest, int depth, CancellationToken cancellationToken) =>
        new(_manifests.GetOrAdd(digest, _ => new Lazy<Task>(() => CopyMissingAsync(digest, depth, cancellationToken))).Value);

    private async Task CopyMissingAsync(Digest digest, int depth, CancellationToken cancellationToken)
    {
        if (await client.HeadManifestAsync(to.WithDigest(digest), toCredential, _targetCall, cancellationToken) is null)
        {
            Manifest manifest;
            try
            {
                manifest = await client.GetManifestAsync(from.WithDigest(digest), fromCredential, call, cancellationToken);
            }
            catch (RegistryException e) when (e.Error == RegistryError.NotFound)
            {
                throw new RegistryException(
                    RegistryError.NotFound, from.Domain, $"cannot copy {from}: it names manifest {digest}, which registry {from.Domain} does not have; the image has to be pushed again as a whole", e);
            }

            await CopyAsync(manifest, to.WithDigest(digest), depth, cancellationToken);
        }
    }

    // Of the image, of the images of an index, and of what refers to those.
    private async Task CopyReferrersAsync(Manifest root, CancellationToken cancellationToken)
    {
        var content = ManifestContent.Read(from.Domain, root);
        List<Digest> subjects = [root.Digest, .. content.IsIndex ? content.Parts.Select(part => part.Digest).Distinct() : []];
        var copied = 0;
        for (var depth = 1; depth < MaximumDepth && subjects.Count > 0; depth++)
        {
            var found = new ConcurrentQueue<Digest>();
            await EachAsync(
                subjects,
                options.ManifestsAtOnce,
                async (subject, token) =>
                {
                    await foreach (var referrer in client.ListReferrersAsync(from.WithDigest(subject), null, fromCredential, call, token))
                    {
                        if (Interlocked.Increment(ref copied) > MaximumReferrers)
                        {
                            throw new RegistryException(RegistryError.TooLarge, from.Domain, $"cannot copy {from}: more than {MaximumReferrers} manifests refer to it");
                        }

                        await CopyEntryAsync(referrer.Digest, 1, token);
                        found.Enqueue(referrer.Digest);
                    }
                },
                cancellationToken);
            subjects = [.. found];
        }
    }

    private async Task CopyBlobAsync(ManifestPart blob, CancellationToken cancellationToken)
    {
        await _transfers.WaitAsync(cancellationToken);
        try
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
                await SendAsync(blob, cancellationToken);
            }
        }
        finally
        {
            _transfers.Release();
        }
    }

    private async Task SendAsync(ManifestPart blob, CancellationToken cancellationToken)
    {
        BlobStream? opened = null;

        // The upload checks what it sends, and once is enough.
        var source = new BlobSource(
            blob.Digest, blob.Size, async (offset, running) => opened = await client.OpenBlobAsync(from, blob.Digest, offset, isVerified: false, fromCredential, call, running));
        try
        {
            await client.PushBlobAsync(to, source, toCredential, options.Upload, call, cancellationToken);
        }
        catch (RegistryException e) when (e.Error == RegistryError.DigestMismatch && opened is not null)
        {
            throw opened.Wrong();
        }

        Interlocked.Increment(ref _sent);
        Interlocked.Add(ref _bytes, blob.Size);
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

    private Task EachAsync<T>(IEnumerable<T> items, int atOnce, Func<T, CancellationToken, ValueTask> body, CancellationToken cancellationToken) =>
        Parallel.ForEachAsync(
            items,
            new ParallelOptions { MaxDegreeOfParallelism = atOnce, CancellationToken = cancellationToken },
            async (item, token) =>
            {
                try
                {
                    await body(item, token);
                }
                catch (Exception e)
                {
                    Interlocked.CompareExchange(ref _failure, e, null);
                    throw;
                }
            });
}
