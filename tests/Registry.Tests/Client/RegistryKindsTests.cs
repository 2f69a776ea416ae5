using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using ImageBuilder.Registry.Client;
using ImageBuilder.Registry.Names;
using ImageBuilder.Registry.Transport;
using ImageBuilder.Sandbox.Processes;
using ImageBuilder.Testing;

namespace ImageBuilder.Registry.Tests.Client;

/// <summary>Every verb against every kind of docker-registry, compared with skopeo.</summary>
[Collection(nameof(DockerRegistriesCollection))]
public sealed class RegistryKindsTests(DockerRegistries registries)
{
    private const string OciManifest = "application/vnd.oci.image.manifest.v1+json";

    private static readonly BlobUploadOptions Chunked = new() { MonolithicUpTo = 0, ChunkSize = 300_000 };

    [NeedsProgramsTheory("docker-registry", "skopeo", "buildah")]
    [MemberData(nameof(DockerRegistries.KindNames), MemberType = typeof(DockerRegistries))]
    public async Task GetManifestAsync_EveryImage_IsWhatSkopeoReads(string kind)
    {
        var registry = registries.Kinds[kind];
        using var client = registry.CreateClient();
        foreach (var name in DockerRegistries.Images.Concat(DockerRegistries.Indexes))
        {
            var image = registry.Image(name);

            var manifest = await client.GetManifestAsync(image, registry.Credential);

            Encoding.UTF8.GetString(manifest.Content.Span).Trim().ShouldBe(await registry.InspectAsync(image), name);
            (await client.HeadManifestAsync(image, registry.Credential)).ShouldBe(new ManifestDescriptor(manifest.MediaType, manifest.Digest, manifest.Content.Length), name);
        }
    }

    [NeedsProgramsTheory("docker-registry", "skopeo", "buildah")]
    [MemberData(nameof(DockerRegistries.KindNames), MemberType = typeof(DockerRegistries))]
    public async Task ResolveAsync_EveryImage_IsWhatSkopeoChooses(string kind)
    {
        var registry = registries.Kinds[kind];
        using var client = registry.CreateClient();
        foreach (var name in DockerRegistries.Images.Concat(DockerRegistries.Indexes))
        {
            var image = registry.Image(name);

            var resolved = image.WithDigest((await client.ResolveAsync(image, Platform.LinuxAmd64, registry.Credential)).Digest);

            // Of an index, skopeo shows the image that it chooses, and the digest of the index.
            (await registry.InspectAsync(resolved, "{{.Layers}}")).ShouldBe(await registry.InspectAsync(image, "{{.Layers}}"), name);
            (await registry.InspectAsync(resolved, "{{.Architecture}}")).ShouldBe("amd64", name);
        }
    }

    [NeedsProgramsTheory("docker-registry", "skopeo", "buildah")]
    [MemberData(nameof(DockerRegistries.KindNames), MemberType = typeof(DockerRegistries))]
    public async Task CopyAsync_EveryImageToEveryKind_IsWhatSkopeoCopies(string kind)
    {
        var target = registries.Kinds[kind];
        var expected = DockerRegistries.Images.Concat(DockerRegistries.Indexes).ToDictionary(name => name, name => FilesAsync(target, target.Image(name)));
        await Task.WhenAll(expected.Values);
        foreach (var (sourceKind, source) in registries.Kinds.Where(source => DockerRegistries.KindNames.Contains(source.Key)))
        {
            using var client = source.CreateClient(options: new RegistryTransportOptions { CaBundles = target.Server.AuthorityFile is { } file ? [file] : [] });
            foreach (var name in DockerRegistries.Images.Concat(DockerRegistries.Indexes))
            {
                var (from, ours) = (source.Image(name), target.Image($"ours-from-{sourceKind}/{name}"));

                var copied = await client.CopyAsync(from, ours, source.Credential, target.Credential);

                $"{copied.Digest}".ShouldBe(await source.InspectAsync(from, "{{.Digest}}"), name);
                (await FilesAsync(target, ours)).ShouldBe(await expected[name], name);
                copied.BlobsSent.ShouldBeLessThanOrEqualTo(source == target ? 0 : int.MaxValue, name);
            }
        }

        // skopeo copies what we copied, checking it, and gets the same.
        var theirs = target.Image("theirs/index:1");
        await DockerRegistries.CopyBySkopeoAsync(target, target.Image("ours-from-open/suite/index:1"), target, theirs, "--all");
        (await FilesAsync(target, theirs)).ShouldBe(await FilesAsync(target, target.Image("suite/index:1")));
    }

    [NeedsProgramsTheory("docker-registry", "skopeo", "buildah")]
    [MemberData(nameof(DockerRegistries.KindNames), MemberType = typeof(DockerRegistries))]
    public async Task Blob_PushedReadMountedAndDeleted_IsTheSameEverywhere(string kind)
    {
        var registry = registries.Kinds[kind];
        using var handler = new CountingHandler();
        using var client = kind == "tls" ? registry.CreateClient() : registry.CreateClient(handler);
        foreach (var options in new[] { BlobUploadOptions.Default, Chunked })
        {
            var content = RandomNumberGenerator.GetBytes(1_000_007);
            var blob = Blobs.Of(content);
            var (first, second) = (registry.Image("blobs/first"), registry.Image("blobs/second"));

            await client.PushBlobAsync(first, blob, registry.Credential, options);
            (await client.MountBlobAsync(first, second, blob.Digest, registry.Credential)).ShouldBeTrue();

            await using (var read = await client.OpenBlobAsync(second, blob.Digest, registry.Credential))
            {
                (await SHA256.HashDataAsync(read)).ShouldBe(SHA256.HashData(content));
            }

            await using (var part = await client.OpenBlobAsync(second, blob.Digest, 1_000_000, isVerified: false, registry.Credential, RegistryCall.Default, CancellationToken.None))
            {
                using var rest = new MemoryStream();
                await part.CopyToAsync(rest);
                rest.ToArray().ShouldBe(content[1_000_000..]);
            }

            (await client.DeleteBlobAsync(second, blob.Digest, registry.Credential)).ShouldBeTrue();
            (await client.HasBlobAsync(second, blob.Digest, registry.Credential)).ShouldBeFalse();
            (await client.HasBlobAsync(first, blob.Digest, registry.Credential)).ShouldBeTrue();
        }

        if (kind != "tls")
        {
            handler.Count("PATCH", "").ShouldBe(4);
        }
    }

    [NeedsProgramsTheory("docker-registry", "skopeo", "buildah")]
    [MemberData(nameof(DockerRegistries.KindNames), MemberType = typeof(DockerRegistries))]
    public async Task ListTagsAsync_SeveralTags_AreSkopeos(string kind)
    {
        var registry = registries.Kinds[kind];
        using var client = registry.CreateClient();
        var image = registry.Image("suite/buildah-oci:1");
        foreach (var tag in new[] { "2", "a.b-c_D", "z" })
        {
            await client.CopyAsync(image, registry.Image($"tags/some:{tag}"), registry.Credential, registry.Credential);
        }

        var tags = await client.ListTagsAsync(registry.Image("tags/some"), registry.Credential).ToListAsync();

        using var theirs = JsonDocument.Parse(await Command.CheckAsync("skopeo", ["list-tags", .. registry.SkopeoOptions(""), $"docker://{registry.Server.Host}/tags/some"]));
        tags.ShouldBe(theirs.RootElement.GetProperty("Tags").EnumerateArray().Select(tag => tag.GetString()!), ignoreOrder: true);
        (await Should.ThrowAsync<RegistryException>(async () => await client.ListTagsAsync(registry.Image("no/such"), registry.Credential).ToListAsync())).Error.ShouldBe(RegistryError.NotFound);
    }

    [NeedsProgramsTheory("docker-registry", "skopeo", "buildah")]
    [MemberData(nameof(DockerRegistries.KindNames), MemberType = typeof(DockerRegistries))]
    public async Task Delete_ManifestAndTag_IsByDigestOnly(string kind)
    {
        var registry = registries.Kinds[kind];
        using var client = registry.CreateClient();
        var target = registry.Image("deletions/some:1");
        var copied = await client.CopyAsync(registry.Image("suite/buildah-docker:1"), target, registry.Credential, registry.Credential);

        var refused = await Should.ThrowAsync<RegistryException>(() => client.DeleteTagAsync(target, registry.Credential));
        refused.Error.ShouldBe(RegistryError.Rejected);
        refused.Message.ShouldContain("by its digest");
        (await client.DeleteManifestAsync(target.WithDigest(copied.Digest), registry.Credential)).ShouldBeTrue();

        (await client.HeadManifestAsync(target, registry.Credential)).ShouldBeNull();
        (await client.DeleteManifestAsync(target.WithDigest(copied.Digest), registry.Credential)).ShouldBeFalse();
    }

    [NeedsProgramsTheory("docker-registry", "skopeo", "buildah")]
    [MemberData(nameof(DockerRegistries.KindNames), MemberType = typeof(DockerRegistries))]
    public async Task Referrers_WithoutARegistrysList_AreKeptUnderTheTagAndCopied(string kind)
    {
        var registry = registries.Kinds[kind];
        using var client = registry.CreateClient();
        var image = registry.Image("referrers/from:1");
        var subject = (await client.CopyAsync(registry.Image("suite/buildah-oci:1"), image, registry.Credential, registry.Credential)).Digest;
        (await client.ListReferrersAsync(image.WithDigest(subject), null, registry.Credential).ToListAsync()).ShouldBeEmpty();

        var signature = await PutArtifactAsync(client, registry, image, subject, "application/x-signature");
        var bill = await PutArtifactAsync(client, registry, image, subject, "application/x-bill");
        var signatureOfBill = await PutArtifactAsync(client, registry, image, bill.Digest, "application/x-signature");
        await PutArtifactAsync(client, registry, image, subject, "application/x-bill");

        (await client.ListReferrersAsync(image.WithDigest(subject), null, registry.Credential).ToListAsync()).ShouldBe([signature, bill], new ReferrerComparer());
        (await client.ListReferrersAsync(image.WithDigest(subject), "application/x-bill", registry.Credential).ToListAsync()).ShouldBe([bill], new ReferrerComparer());
        var target = registry.Image("referrers/to:1");
        await client.CopyAsync(image, target, registry.Credential, registry.Credential, new CopyOptions { Referrers = true });
        (await client.ListReferrersAsync(target.WithDigest(subject), null, registry.Credential).ToListAsync()).ShouldBe([signature, bill], new ReferrerComparer(), ignoreOrder: true);
        (await client.ListReferrersAsync(target.WithDigest(bill.Digest), null, registry.Credential).ToListAsync()).ShouldBe([signatureOfBill], new ReferrerComparer());
    }

    /// <summary>All that skopeo gets when it copies an image with everything in it: names, which are digests, and what is in them.</summary>
    private static async Task<IReadOnlyList<string>> FilesAsync(RegistryUnderTest registry, ImageReference image)
    {
        var folder = Directory.CreateTempSubdirectory("copied-");
        try
        {
            await Command.CheckAsync("skopeo", ["copy", "--quiet", "--insecure-policy", "--all", .. registry.SkopeoOptions("src-"), $"docker://{image}", $"dir:{folder.FullName}"]);
            return [.. folder.GetFiles().Select(file => $"{file.Name} {Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(file.FullName)))}").Order(StringComparer.Ordinal)];
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    // As ORAS makes them: the empty configuration, and one blob.
    private static async Task<Referrer> PutArtifactAsync(RegistryClient client, RegistryUnderTest registry, ImageReference image, Digest subject, string artifactType)
    {
        var empty = "{}"u8.ToArray();
        await client.PushBlobAsync(image, Blobs.Of(empty), registry.Credential);
        var part = new { mediaType = "application/vnd.oci.empty.v1+json", digest = $"{Digest.Compute(empty)}", size = empty.Length };
        var content = JsonSerializer.SerializeToUtf8Bytes(new
        {
            schemaVersion = 2,
            mediaType = OciManifest,
            artifactType,
            config = part,
            layers = new[] { part },
            subject = new { mediaType = OciManifest, digest = $"{subject}", size = 1 },
            annotations = new { note = "made for the test" },
        });
        var digest = await client.PutManifestAsync(image.WithDigest(Digest.Compute(content)), OciManifest, content, registry.Credential);
        return new Referrer(OciManifest, digest, content.Length, artifactType, System.Collections.Immutable.ImmutableDictionary<string, string>.Empty.Add("note", "made for the test"));
    }

    private sealed class ReferrerComparer : IEqualityComparer<Referrer>
    {
        public bool Equals(Referrer? x, Referrer? y) => Text(x) == Text(y);

        public int GetHashCode(Referrer obj) => Text(obj).GetHashCode(StringComparison.Ordinal);

        private static string Text(Referrer? referrer) => JsonSerializer.Serialize(referrer is null ? null : new { referrer.MediaType, Digest = $"{referrer.Digest}", referrer.Size, referrer.ArtifactType, referrer.Annotations });
    }
}
