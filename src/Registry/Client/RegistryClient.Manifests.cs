using System.Net;
using System.Net.Http.Headers;
using ImageBuilder.Registry.Credentials;
using ImageBuilder.Registry.Names;
using ImageBuilder.Registry.Transport;

namespace ImageBuilder.Registry.Client;

public sealed partial class RegistryClient
{
    private const string DigestHeader = "Docker-Content-Digest";

    /// <summary>What the registry says about the manifest of <paramref name="image"/>; null when there is none.</summary>
    public async Task<ManifestDescriptor?> HeadManifestAsync(
        ImageReference image, RegistryCredential? credential, RegistryCall? call = null, CancellationToken cancellationToken = default)
    {
        var look = await LookAsync(image, credential, call ?? RegistryCall.Default, cancellationToken);
        return look.Descriptor;
    }

    /// <summary>The manifest, or index, of <paramref name="image"/>.</summary>
    public async Task<Manifest> GetManifestAsync(
        ImageReference image, RegistryCredential? credential, RegistryCall? call = null, CancellationToken cancellationToken = default) =>
        await ReadManifestAsync(image, credential, call ?? RegistryCall.Default, cancellationToken) ?? throw NotFound(image);

    /// <summary>
    /// The digest of the image that <paramref name="image"/> means on <paramref name="platform"/>: an image manifest's own digest; of an index,
    /// the first entry for exactly that platform. Asks by HEAD, which registries do not count as a pull, and reads the manifest only where it must:
    /// what an index has for a platform is remembered, and used only when HEAD, with the caller's credential, has named that index.
    /// </summary>
    public async Task<Resolution> ResolveAsync(
        ImageReference image, Platform platform, RegistryCredential? credential, RegistryCall? call = null, CancellationToken cancellationToken = default)
    {
        call ??= RegistryCall.Default;
        var (_, descriptor, manifest) = await LookAsync(image, credential, call, cancellationToken);
        if (descriptor is null)
        {
            throw NotFound(image);
        }

        var source = manifest is null ? ResolutionSource.Head : ResolutionSource.Get;
        if (MediaTypes.IsImage(descriptor.MediaType))
        {
            return new Resolution(descriptor.Digest, source);
        }

        var host = RegistryHost.Normalise(image.Domain);
        if (!_indexEntries.TryFind(host, descriptor.Digest, platform, out var found))
        {
            source = ResolutionSource.Get;
            manifest ??= await GetManifestAsync(image.WithDigest(descriptor.Digest), credential, call, cancellationToken);
            found = FindImage(ManifestContent.Read(image.Domain, manifest), manifest.Digest, platform);
            _indexEntries.Add(host, manifest.Digest, platform, found);
        }

        return found is { } digest
            ? new Resolution(digest, source)
            : throw new RegistryException(RegistryError.NoMatchingPlatform, image.Domain, $"no manifest for platform {platform} found");
    }

    /// <summary>
    /// Stores a manifest under the tag or digest of <paramref name="image"/>; all that it names must be there already. One that names a subject is added to
    /// the index of what refers to that, if the registry does not keep such a list itself.
    /// </summary>
    /// <returns>The digest of <paramref name="content"/>.</returns>
    public async Task<Digest> PutManifestAsync(
        ImageReference image, string mediaType, ReadOnlyMemory<byte> content, RegistryCredential? credential, RegistryCall? call = null, CancellationToken cancellationToken = default)
    {
        if (content.Length > BoundedBody.MaximumManifest)
        {
            throw new RegistryException(RegistryError.TooLarge, image.Domain, $"cannot store manifest {image}: it is larger than {BoundedBody.MaximumManifest} bytes");
        }

        call ??= RegistryCall.Default;
        var (digest, isSubjectKnown) = await StoreManifestAsync(image, mediaType, content, credential, call, cancellationToken);
        if (!isSubjectKnown && mediaType is MediaTypes.OciManifest or MediaTypes.OciIndex && ParseObject(content) is { } manifest && ReadSubject(manifest) is { } subject)
        {
            await AddToFallbackAsync(image, digest, mediaType, content.Length, manifest, subject, credential, call, cancellationToken);
        }

        return digest;
    }

    /// <summary>Deletes the manifest with the digest of <paramref name="image"/>, which must have one (registries delete no tags); false when there was none.</summary>
    public Task<bool> DeleteManifestAsync(
        ImageReference image, RegistryCredential? credential, RegistryCall? call = null, CancellationToken cancellationToken = default)
    {
        if (image.Digest is null)
        {
            throw new ArgumentException("a manifest is deleted by its digest", nameof(image));
        }

        var request = new RegistryRequest(HttpMethod.Delete, ManifestAddress(image), $"delete manifest {image}", [RegistryScope.Delete(image.Path)]);
        return _transport.SendAsync(
            image.Domain, credential, request, call ?? RegistryCall.Default, (response, token) => SucceededAsync(image.Domain, request.What, response, token), cancellationToken);
    }

    private static Digest? FindImage(ManifestContent content, Digest own, Platform platform) =>
        !content.IsIndex ? own : content.Parts.FirstOrDefault(part => part.Platform is { } offered && platform.IsExactly(offered))?.Digest;

    /// <summary>
    /// Deletes a tag and leaves its manifest; false when there was none. Not every registry can: docker-registry 2, for one, deletes by digest only
    /// (<see cref="DeleteManifestAsync"/>), which takes all tags of the manifest with it.
    /// </summary>
    public Task<bool> DeleteTagAsync(
        ImageReference image, RegistryCredential? credential, RegistryCall? call = null, CancellationToken cancellationToken = default)
    {
        var tag = image is { Tag: { } name, Digest: null } ? name : throw new ArgumentException("a tag is deleted by its name alone", nameof(image));
        var request = new RegistryRequest(HttpMethod.Delete, ManifestAddress(image), $"delete tag {image}", [RegistryScope.Delete(image.Path)]);
        return _transport.SendAsync(
            image.Domain,
            credential,
            request,
            call ?? RegistryCall.Default,
            async (response, token) => response.StatusCode is HttpStatusCode.BadRequest or HttpStatusCode.MethodNotAllowed or HttpStatusCode.NotImplemented
                ? throw new RegistryException(
                    RegistryError.Rejected, image.Domain, $"cannot {request.What}: registry {image.Domain} deletes no single tags; delete the manifest of {tag} by its digest, which takes all its tags with it")
                : await SucceededAsync(image.Domain, request.What, response, token),
            cancellationToken);
    }

    private static string ManifestAddress(ImageReference image) => $"/v2/{image.Path}/manifests/{image.Identifier}";

    private static RegistryRequest ManifestRequest(HttpMethod method, ImageReference image) =>
        new(method, ManifestAddress(image), $"read manifest {image}", [RegistryScope.Pull(image.Path)]) { Accept = MediaTypes.Manifests };

    private static RegistryException NotFound(ImageReference image) =>
        new(RegistryError.NotFound, image.Domain, $"cannot read manifest {image}: it does not exist in registry {image.Domain}");

    private static Digest? ToldDigest(HttpResponseMessage response) =>
        response.Headers.TryGetValues(DigestHeader, out var values) && Digest.TryParse(values.FirstOrDefault(), out var digest) ? digest : null;

    /// <summary>What HEAD says; where a registry refuses HEAD or says too little, the manifest itself.</summary>
    private async Task<ManifestLook> LookAsync(
        ImageReference image, RegistryCredential? credential, RegistryCall call, CancellationToken cancellationToken)
    {
        var request = ManifestRequest(HttpMethod.Head, image);
        var look = await _transport.SendAsync(
            image.Domain,
            credential,
            request,
            call,
            async (response, token) =>
                response.StatusCode is HttpStatusCode.BadRequest or HttpStatusCode.MethodNotAllowed or HttpStatusCode.NotImplemented ? new ManifestLook(IsClear: false, null)
                : !await SucceededAsync(image.Domain, request.What, response, token) ? new ManifestLook(IsClear: true, null)
                : ReadDescriptor(image, response) is { } told ? new ManifestLook(IsClear: true, told)
                : new ManifestLook(IsClear: false, null),
            cancellationToken);
        if (look.IsClear)
        {
            return look;
        }

        var manifest = await ReadManifestAsync(image, credential, call, cancellationToken);
        return new ManifestLook(IsClear: true, manifest is null ? null : new ManifestDescriptor(manifest.MediaType, manifest.Digest, manifest.Content.Length), manifest);
    }

    private Task<(Digest Digest, bool IsSubjectKnown)> StoreManifestAsync(
        ImageReference image, string mediaType, ReadOnlyMemory<byte> content, RegistryCredential? credential, RegistryCall call, CancellationToken cancellationToken)
    {
        var digest = image.Digest is { } given && given.Matches(content.Span) ? given : Digest.Compute(content.Span);
        var request = new RegistryRequest(HttpMethod.Put, ManifestAddress(image), $"store manifest {image}", [RegistryScope.PullAndPush(image.Path)])
        {
            Content = _ => Task.FromResult<HttpContent>(new ReadOnlyMemoryContent(content) { Headers = { ContentType = MediaTypeHeaderValue.Parse(mediaType) } }),
        };
        return _transport.SendAsync(
            image.Domain,
            credential,
            request,
            call,
            async (response, token) =>
                !response.IsSuccessStatusCode ? throw await RefusedAsync(image.Domain, request.What, response, token)
                : ToldDigest(response) is { } told && told.Algorithm == digest.Algorithm && told != digest
                    ? throw new RegistryException(RegistryError.DigestMismatch, image.Domain, $"cannot {request.What}: registry {image.Domain} stored it under {told} and not {digest}")
                : (digest, response.Headers.Contains(SubjectHeader)),
            cancellationToken);
    }

    private static async Task<Exception> RefusedAsync(string host, string what, HttpResponseMessage response, CancellationToken cancellationToken)
    {
        var isUnsettled = await ManifestRefusal.IsUnsettledAsync(response, cancellationToken);
        var failure = await FailureAnswer.ReadAsync(host, what, response, cancellationToken);
        return isUnsettled ? new TransientFailureException(failure) : failure;
    }

    private static ManifestDescriptor? ReadDescriptor(ImageReference image, HttpResponseMessage response)
    {
        if (ToldDigest(response) is not { } digest
            || response.Content.Headers.ContentType?.MediaType is not { } mediaType || !MediaTypes.IsManifest(mediaType)
            || response.Content.Headers.ContentLength is not { } size)
        {
            return null;
        }

        return image.Digest is { } asked && asked.Algorithm == digest.Algorithm && asked != digest
            ? throw new RegistryException(RegistryError.DigestMismatch, image.Domain, $"cannot read manifest {image}: registry {image.Domain} answers with {digest}")
            : new ManifestDescriptor(mediaType, image.Digest ?? digest, size);
    }

    private Task<Manifest?> ReadManifestAsync(ImageReference image, RegistryCredential? credential, RegistryCall call, CancellationToken cancellationToken)
    {
        var request = ManifestRequest(HttpMethod.Get, image);
        return _transport.SendAsync(
            image.Domain,
            credential,
            request,
            call,
            async (response, token) =>
            {
                if (!await SucceededAsync(image.Domain, request.What, response, token))
                {
                    return null;
                }

                var content = await Wire.ReadAsync(image.Domain, request.What, response, BoundedBody.MaximumManifest, token);
                var digest = image.Digest ?? ToldDigest(response) ?? Digest.Compute(content);
                return digest.Matches(content)
                    ? new Manifest(response.Content.Headers.ContentType?.MediaType ?? string.Empty, digest, content)
                    : throw new RegistryException(
                        RegistryError.DigestMismatch, image.Domain, $"cannot {request.What}: the bytes that registry {image.Domain} sent do not have digest {digest}");
            },
            cancellationToken);
    }
}
