using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using ImageBuilder.Registry.Client;
using ImageBuilder.Registry.Credentials;
using ImageBuilder.Registry.Names;
using ImageBuilder.Registry.Transport;
using ImageBuilder.Sandbox.Copying;
using ImageBuilder.Testing;

namespace ImageBuilder.Registry.Tests.Client;

/// <summary>The client against Docker's own registry, compared with skopeo.</summary>
[Collection(nameof(DockerRegistriesCollection))]
public sealed partial class DockerRegistryTests(DockerRegistries registries) : IDisposable
{
    private readonly CountingHandler _handler = new();
    private RegistryClient? _client;

    private RegistryClient Client => _client ??= new RegistryClient(handler: _handler);

    public void Dispose()
    {
        _client?.Dispose();
        _handler.Dispose();
    }

    [NeedsProgramsFact("docker-registry", "skopeo", "buildah")]
    public async Task ResolveAsync_DockerAndOciImage_IsSkopeosDigestByOneHead()
    {
        foreach (var (image, credential) in new[] { (registries.Private, registries.Credential), (registries.Open, null) })
        {
            var resolved = await Client.ResolveAsync(image, Platform.LinuxAmd64, credential);

            resolved.Source.ShouldBe(ResolutionSource.Head);
            resolved.Digest.ToString().ShouldBe(await registries.InspectAsync(image, "{{.Digest}}"));
        }

        _handler.Requests.ShouldBe(["GET /v2/", "HEAD /v2/local/busybox/manifests/1", "GET /v2/", "HEAD /v2/local/busybox/manifests/oci"]);
    }

    [NeedsProgramsFact("docker-registry", "skopeo", "buildah")]
    public async Task GetManifestAsync_DockerAndOciImage_IsWhatSkopeoReads()
    {
        var docker = await Client.GetManifestAsync(registries.Private, registries.Credential);
        var oci = await Client.GetManifestAsync(registries.Open.WithDigest(Digest.Parse(await registries.InspectAsync(registries.Open, "{{.Digest}}"))), null);

        docker.MediaType.ShouldBe("application/vnd.docker.distribution.manifest.v2+json");
        Encoding.UTF8.GetString(docker.Content.Span).Trim().ShouldBe(await registries.InspectAsync(registries.Private));
        oci.MediaType.ShouldBe("application/vnd.oci.image.manifest.v1+json");
        Encoding.UTF8.GetString(oci.Content.Span).Trim().ShouldBe(await registries.InspectAsync(registries.Open));
        (await Client.HeadManifestAsync(registries.Open, null)).ShouldBe(new ManifestDescriptor(oci.MediaType, oci.Digest, oci.Content.Length));
    }

    [NeedsProgramsFact("docker-registry", "skopeo", "buildah")]
    public async Task ResolveAsync_Index_IsTheFirstEntryOfThePlatform()
    {
        var manifest = await Client.GetManifestAsync(registries.Open, null);
        var index = await PushIndexAsync("index", manifest.Digest, manifest.Content.Length, ("linux", "arm", "v7"), ("linux", "amd64", null), ("linux", "amd64", null));

        (await Client.ResolveAsync(index, Platform.LinuxAmd64, null)).Digest.ShouldBe(manifest.Digest);
        (await Client.ResolveAsync(index, Platform.Parse("linux/arm/v7"), null)).Digest.ShouldBe(manifest.Digest);
        var error = await Should.ThrowAsync<RegistryException>(() => Client.ResolveAsync(index, Platform.Parse("linux/arm64"), null));
        error.Error.ShouldBe(RegistryError.NoMatchingPlatform);
        error.Message.ShouldBe("no manifest for platform linux-arm64 found");
        (await registries.InspectAsync(index, "{{.Architecture}}")).ShouldBe("amd64");
    }

    [NeedsProgramsFact("docker-registry", "skopeo", "buildah")]
    public async Task Manifest_Missing_IsNotFound()
    {
        var missing = registries.Open.WithTag("missing");

        (await Client.HeadManifestAsync(missing, null)).ShouldBeNull();
        (await Client.HeadManifestAsync(ImageReference.Parse($"{missing.Domain}/no/such:repository"), null)).ShouldBeNull();
        (await Should.ThrowAsync<RegistryException>(() => Client.ResolveAsync(missing, Platform.LinuxAmd64, null))).Error.ShouldBe(RegistryError.NotFound);
        (await Should.ThrowAsync<RegistryException>(() => Client.GetManifestAsync(missing, null))).Message.ShouldContain($"{missing}");
        (await Should.ThrowAsync<RegistryException>(() => Client.OpenBlobAsync(missing, Digest.Compute("x"u8), null))).Error.ShouldBe(RegistryError.NotFound);
        _handler.Requests.Count.ShouldBe(6);
    }

    [NeedsProgramsFact("docker-registry", "skopeo", "buildah")]
    public async Task Credential_MissingOrWrong_IsUnauthorizedByOneRequestEach()
    {
        foreach (var credential in new[] { null, RegistryCredential.Basic("sandbox", "s3cret") })
        {
            var error = await Should.ThrowAsync<RegistryException>(() => Client.ResolveAsync(registries.Private, Platform.LinuxAmd64, credential));

            error.Error.ShouldBe(RegistryError.Unauthorized);
            error.Host.ShouldBe(registries.Private.Domain);
            error.ToString().ShouldNotContain("s3cret");
        }

        _handler.Requests.Count.ShouldBe(3);
    }

    [NeedsProgramsFact("docker-registry", "skopeo", "buildah")]
    public async Task CopyAsync_SameRegistry_MountsAndKeepsTheDigest()
    {
        var target = ImageReference.Parse($"{registries.Private.Domain}/copies/same-registry:1");

        var copied = await Client.CopyAsync(registries.Private, target, registries.Credential, registries.Credential);

        (copied.BlobsMounted, copied.BlobsSent, copied.BytesSent).ShouldBe((2, 0, 0));
        copied.Digest.ToString().ShouldBe(await registries.InspectAsync(registries.Private, "{{.Digest}}"));
        (await registries.InspectAsync(target)).ShouldBe(await registries.InspectAsync(registries.Private));
        _handler.Count("GET", "/blobs/").ShouldBe(0);
        _handler.Count("PUT", "/blobs/").ShouldBe(0);
        await CheckLayersAsync(target, registries.Credential);
    }

    [NeedsProgramsFact("docker-registry", "skopeo", "buildah")]
    public async Task CopyAsync_OtherRegistry_SendsWhatIsMissingOnce()
    {
        var target = ImageReference.Parse($"{registries.Private.Domain}/copies/other-registry:1");
        var manifest = ManifestContent.Read("", await Client.GetManifestAsync(registries.Open, null));
        var config = manifest.Parts[0];
        await Client.PushBlobAsync(target, new BlobSource(config.Digest, config.Size, (_, token) => Client.OpenBlobAsync(registries.Open, config.Digest, null, null, token)), registries.Credential);

        var first = await Client.CopyAsync(registries.Open, target, null, registries.Credential);
        var requests = _handler.Requests.Count;
        var again = await Client.CopyAsync(registries.Open, target, null, registries.Credential);
        var retagged = await Client.CopyAsync(target, target.WithTag("2"), registries.Credential, registries.Credential);

        first.ShouldBe(new CopyResult(first.Digest, 1, 0, 1, manifest.Parts[1].Size));
        again.ShouldBe(new CopyResult(first.Digest, 0, 0, 0, 0));
        retagged.ShouldBe(again);
        // The manifest read, the target looked at; and for the new tag the manifest stored, too.
        _handler.Requests.Count.ShouldBe(requests + 2 + 3);
        (await registries.InspectAsync(target)).ShouldBe(await registries.InspectAsync(registries.Open));
        (await registries.InspectAsync(target.WithTag("2"), "{{.Digest}}")).ShouldBe($"{first.Digest}");
        await CheckLayersAsync(target, registries.Credential);
    }

    [NeedsProgramsFact("docker-registry", "skopeo", "buildah")]
    public async Task CopyAsync_TargetHasItUnderAnotherTag_StoresTheManifestAloneWhileItIsWhole()
    {
        var target = ImageReference.Parse($"{registries.Private.Domain}/copies/other-tag:1");
        await Client.CopyAsync(registries.Private, target, registries.Credential, registries.Credential);
        var requests = _handler.Requests.Count;

        (await Client.CopyAsync(registries.Private, target.WithTag("2"), registries.Credential, registries.Credential)).BlobsPresent.ShouldBe(0);

        // The manifest read, the target looked at by tag and by digest, the manifest stored.
        _handler.Requests.Count.ShouldBe(requests + 4);
        await CheckLayersAsync(target.WithTag("2"), registries.Credential);

        var layer = ManifestContent.Read("", await Client.GetManifestAsync(target, registries.Credential)).Parts[^1];
        (await Client.DeleteBlobAsync(target, layer.Digest, registries.Credential)).ShouldBeTrue();
        var mended = await Client.CopyAsync(registries.Private, target.WithTag("3"), registries.Credential, registries.Credential);

        (mended.BlobsPresent, mended.BlobsMounted).ShouldBe((1, 1));
        await CheckLayersAsync(target.WithTag("3"), registries.Credential);
    }

    [NeedsProgramsFact("docker-registry", "skopeo", "buildah")]
    public async Task CopyAsync_Index_CopiesItsImages()
    {
        var manifest = await Client.GetManifestAsync(registries.Open, null);
        var index = await PushIndexAsync("to-copy", manifest.Digest, manifest.Content.Length, ("linux", "amd64", null));
        var target = ImageReference.Parse($"{registries.Private.Domain}/copies/index:1");

        var copied = await Client.CopyAsync(index, target, null, registries.Credential);

        copied.BlobsSent.ShouldBe(2);
        (await registries.InspectAsync(target)).ShouldBe(await registries.InspectAsync(index));
        (await Client.ResolveAsync(target, Platform.LinuxAmd64, registries.Credential)).Digest.ShouldBe(manifest.Digest);
    }

    [NeedsProgramsFact("docker-registry", "skopeo", "buildah")]
    public async Task CopyAsync_ToAnotherDigest_IsRefusedBeforeAnythingIsSent()
    {
        var target = ImageReference.Parse($"{registries.Private.Domain}/copies/wrong").WithDigest(Digest.Compute("x"u8));

        (await Should.ThrowAsync<RegistryException>(() => Client.CopyAsync(registries.Open, target, null, registries.Credential))).Error.ShouldBe(RegistryError.DigestMismatch);
        _handler.Count("P", "").ShouldBe(0);
    }

    [NeedsProgramsFact("docker-registry", "skopeo", "buildah")]
    public async Task MountBlobAsync_NoSuchBlob_IsFalseAndLeavesNoUpload()
    {
        var target = ImageReference.Parse($"{registries.Open.Domain}/copies/mount");

        (await Client.MountBlobAsync(registries.Open, target, Digest.Compute("no such blob"u8), null)).ShouldBeFalse();

        _handler.Count("POST", "mount=sha256:").ShouldBe(1);
        _handler.Count("DELETE", "/blobs/uploads/").ShouldBe(1);
    }

    [NeedsProgramsFact("docker-registry", "skopeo", "buildah")]
    public async Task Blob_OfManyPieces_RoundTrips()
    {
        var content = RandomNumberGenerator.GetBytes((8 << 20) + 7);
        var (repository, digest) = (ImageReference.Parse($"{registries.Private.Domain}/blobs"), Digest.Compute(content));
        (await Client.HasBlobAsync(repository, digest, registries.Credential)).ShouldBeFalse();

        await Client.PushBlobAsync(repository, Blobs.Of(content), registries.Credential);

        (await Client.HasBlobAsync(repository, digest, registries.Credential)).ShouldBeTrue();
        await using var blob = await Client.OpenBlobAsync(repository, digest, registries.Credential);
        (await SHA256.HashDataAsync(blob)).ShouldBe(SHA256.HashData(content));
        _handler.Count("PUT", "").ShouldBe(1);
    }

    [NeedsProgramsFact("docker-registry", "skopeo", "buildah")]
    public async Task PushBlobAsync_OtherBytesThanTheDigest_IsNotStored()
    {
        var repository = ImageReference.Parse($"{registries.Open.Domain}/blobs");

        var error = await Should.ThrowAsync<RegistryException>(() =>
            Client.PushBlobAsync(repository, Blobs.Of([1, 2, 3]) with { Digest = Digest.Compute("a"u8) }, null));

        error.Error.ShouldBe(RegistryError.DigestMismatch);
        (_handler.Count("PUT", ""), _handler.Count("DELETE", "/blobs/uploads/")).ShouldBe((1, 1));
    }

    [NeedsProgramsFact("docker-registry", "skopeo", "buildah")]
    public async Task PushBlobAsync_ChunkOrAnswerIsLost_IsStoredAllTheSame()
    {
        foreach (var isSent in new[] { true, false })
        {
            using var handler = new BreakingHandler(isSent);
            using var client = new RegistryClient(new RegistryTransportOptions { RetryDelay = TimeSpan.Zero }, handler);
            var content = RandomNumberGenerator.GetBytes(1_000_000);
            var repository = ImageReference.Parse($"{registries.Open.Domain}/broken-uploads");

            await client.PushBlobAsync(repository, Blobs.Of(content), null, new BlobUploadOptions { MonolithicUpTo = 0, ChunkSize = 300_000 });

            await using var blob = await client.OpenBlobAsync(repository, Digest.Compute(content), null);
            (await SHA256.HashDataAsync(blob)).ShouldBe(SHA256.HashData(content));

            // docker-registry 2 gives up an upload whose last answer was lost; where nothing had come of the chunk, it goes on.
            handler.Uploads.ShouldBe(isSent ? 2 : 1);
        }
    }

    [NeedsProgramsFact("docker-registry", "skopeo", "buildah")]
    public async Task CopyFigures_SmallImage_TransfersNothingWithinARegistryAndStaysSmall()
    {
        using var output = new StringWriter();

        await CopyFigures.RunAsync(new CopyFiguresOptions { Size = 32 << 20, Repetitions = 1 }, output);

        // How fast it is depends on what else runs.
        output.ToString().ShouldContain(": 0 blobs transferred");
        int.Parse(MemoryLine().Match(output.ToString()).Groups[1].Value, CultureInfo.InvariantCulture).ShouldBeLessThan(64);
    }

    [NeedsProgramsFact("docker-registry", "skopeo", "buildah")]
    public async Task PutManifestAsync_NamesAMissingBlob_IsRejectedWithTheRegistrysReason()
    {
        var manifest = await Client.GetManifestAsync(registries.Open, null);

        var error = await Should.ThrowAsync<RegistryException>(() =>
            Client.PutManifestAsync(ImageReference.Parse($"{registries.Open.Domain}/no/blobs:1"), manifest.MediaType, manifest.Content, null));

        error.Message.ShouldContain("UNKNOWN");
    }

    [NeedsProgramsFact("docker-registry", "skopeo", "buildah")]
    public async Task PutManifestAsync_AnotherStoresItsBlobJustNow_IsStored()
    {
        var target = ImageReference.Parse($"{registries.Open.Domain}/copies/same-blob:1");
        await Client.CopyAsync(registries.Open, target, null, null);
        var manifest = await Client.GetManifestAsync(target, null);
        var writeLink = registries.Kinds["open"].Server.EmptyLink(target.Path, $"{ManifestContent.Read("", manifest).Parts[^1].Digest}");
        var answers = new List<HttpStatusCode>();
        using var handler = new AnswersHandler(answer =>
        {
            answers.Add(answer.StatusCode);
            writeLink();
        });
        using var client = new RegistryClient(new RegistryTransportOptions { RetryDelay = TimeSpan.Zero }, handler);

        await client.PutManifestAsync(target.WithTag("2"), manifest.MediaType, manifest.Content, null);

        answers.ShouldBe([HttpStatusCode.BadRequest, HttpStatusCode.Created]);
        await CheckLayersAsync(target.WithTag("2"), null);
    }

    [NeedsProgramsFact("docker-registry", "skopeo", "buildah")]
    public async Task DeleteManifestAsync_ByDigest_IsGone()
    {
        var target = ImageReference.Parse($"{registries.Open.Domain}/to-delete:1");
        var (digest, _, _, _, _) = await Client.CopyAsync(registries.Open, target, null, null);

        (await Client.DeleteManifestAsync(target.WithDigest(digest), null)).ShouldBeTrue();

        (await Client.HeadManifestAsync(target, null)).ShouldBeNull();
        (await Client.DeleteManifestAsync(target.WithDigest(digest), null)).ShouldBeFalse();
        await Should.ThrowAsync<ArgumentException>(() => Client.DeleteManifestAsync(target, null));
    }

    [GeneratedRegex("memory over idle, at most +([0-9]+) MiB")]
    private static partial Regex MemoryLine();

    private async Task<ImageReference> PushIndexAsync(string tag, Digest digest, int size, params (string Os, string Architecture, string? Variant)[] platforms)
    {
        var index = registries.Open.WithTag(tag);
        var manifests = platforms.Select(platform => new
        {
            mediaType = "application/vnd.oci.image.manifest.v1+json",
            digest = $"{digest}",
            size,
            platform = new { os = platform.Os, architecture = platform.Architecture, variant = platform.Variant },
        });
        var content = JsonSerializer.SerializeToUtf8Bytes(new { schemaVersion = 2, mediaType = "application/vnd.oci.image.index.v1+json", manifests });
        (await Client.PutManifestAsync(index, "application/vnd.oci.image.index.v1+json", content, null)).ShouldBe(Digest.Compute(content));
        return index;
    }

    private async Task CheckLayersAsync(ImageReference image, RegistryCredential? credential)
    {
        foreach (var part in ManifestContent.Read("", await Client.GetManifestAsync(image, credential)).Parts)
        {
            await using var blob = await Client.OpenBlobAsync(image, part.Digest, credential);
            Convert.ToHexStringLower(await SHA256.HashDataAsync(blob)).ShouldBe(part.Digest.Hex);
        }
    }
}
