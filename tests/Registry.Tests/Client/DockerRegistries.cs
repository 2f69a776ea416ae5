using System.Text;
using System.Text.Json;
using ImageBuilder.Registry.Client;
using ImageBuilder.Registry.Credentials;
using ImageBuilder.Registry.Names;
using ImageBuilder.Sandbox.Images;
using ImageBuilder.Sandbox.Processes;
using ImageBuilder.Sandbox.Registry;
using ImageBuilder.Testing;

namespace ImageBuilder.Registry.Tests.Client;

/// <summary>
/// Four docker-registries: one open, one that asks for a password, one for tokens, and one that speaks TLS under a private authority. Each has the same
/// images (<see cref="Images"/>), made by buildah and skopeo.
/// </summary>
public sealed class DockerRegistries : IAsyncLifetime
{
    /// <summary>The names of <see cref="Kinds"/>.</summary>
    public static readonly TheoryData<string> KindNames = ["open", "password", "token", "tls"];

    /// <summary>Single images in <c>suite/</c>: by buildah and skopeo, in Docker's format and OCI's, with gzip and zstd layers.</summary>
    public static readonly IReadOnlyList<string> Images = ["suite/skopeo-docker:1", "suite/skopeo-oci:1", "suite/zstd:1", "suite/buildah-docker:1", "suite/buildah-oci:1"];

    /// <summary>Indexes of several images: by buildah for two platforms, and as BuildKit makes them, with attestations.</summary>
    public static readonly IReadOnlyList<string> Indexes = ["suite/index:1", "suite/buildkit:1"];

    private readonly string _folder = Directory.CreateTempSubdirectory("registries-").FullName;

    /// <summary>The registries by name.</summary>
    public IReadOnlyDictionary<string, RegistryUnderTest> Kinds { get; private set; } = new Dictionary<string, RegistryUnderTest>();

    /// <summary>An image in Docker's format, behind a password.</summary>
    public ImageReference Private => Kinds["password"].Image("local/busybox:1");

    /// <summary>The same in OCI's format, open to all.</summary>
    public ImageReference Open => Kinds["open"].Image("local/busybox:oci");

    /// <summary>What opens the first.</summary>
    public RegistryCredential Credential => Kinds["password"].Credential!;

    public async Task InitializeAsync()
    {
        if (!MachinePrograms.Exists("docker-registry") || !MachinePrograms.Exists("skopeo") || !MachinePrograms.Exists("buildah"))
        {
            return;
        }

        Kinds = new Dictionary<string, RegistryUnderTest>
        {
            ["open"] = await StartAsync("open", new RegistryServerOptions { Login = RegistryLogin.Open }),
            ["password"] = await StartAsync("password", new RegistryServerOptions()),
            ["token"] = await StartAsync("token", new RegistryServerOptions { Login = RegistryLogin.Token }),
            ["tls"] = await StartAsync("tls", new RegistryServerOptions { Tls = true }),
        };
        await MakeImagesAsync(Kinds["open"]);
        await Task.WhenAll(Kinds.Values.Skip(1).Select(async kind =>
        {
            foreach (var name in Images.Concat(Indexes))
            {
                await CopyBySkopeoAsync(Kinds["open"], Kinds["open"].Image(name), kind, kind.Image(name), "--all");
            }
        }));
    }

    public async Task DisposeAsync()
    {
        foreach (var kind in Kinds.Values)
        {
            await kind.Server.DisposeAsync();
        }

        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>What skopeo says of an image: with no format its manifest as stored.</summary>
    public Task<string> InspectAsync(ImageReference image, string? format = null) => Kinds.Values.Single(kind => kind.Server.Host == image.Domain).InspectAsync(image, format);

    /// <summary>Copies by skopeo.</summary>
    public static Task CopyBySkopeoAsync(RegistryUnderTest from, ImageReference source, RegistryUnderTest to, ImageReference target, params string[] options) => Command.CheckAsync(
        "skopeo", ["copy", "--quiet", "--insecure-policy", .. options, .. from.SkopeoOptions("src-"), .. to.SkopeoOptions("dest-"), $"docker://{source}", $"docker://{target}"]);

    private async Task<RegistryUnderTest> StartAsync(string name, RegistryServerOptions options)
    {
        var server = await RegistryServer.StartAsync(Path.Combine(_folder, name), options);
        return new RegistryUnderTest(server, options.Login == RegistryLogin.Open ? null : RegistryCredential.Basic(server.User, server.Password));
    }

    private async Task MakeImagesAsync(RegistryUnderTest open)
    {
        var made = ImageReference.Parse(await BaseImage.PushAsync(open.Server, "suite/skopeo-docker"));
        await CopyBySkopeoAsync(open, made, open, open.Image("suite/skopeo-oci:1"), "--format", "oci");
        await CopyBySkopeoAsync(open, made, open, open.Image("suite/zstd:1"), "--format", "oci", "--dest-compress-format", "zstd");
        await CopyBySkopeoAsync(open, made, open, Open, "--format", "oci");
        await CopyBySkopeoAsync(open, made, Kinds["password"], Private);

        var context = Directory.CreateDirectory(Path.Combine(_folder, "context")).FullName;
        await File.WriteAllTextAsync(Path.Combine(context, "Dockerfile"), "FROM scratch\nARG TARGETARCH\nCOPY hello /hello\nENV ARCH=$TARGETARCH\nLABEL made=by-buildah\n");
        await File.WriteAllTextAsync(Path.Combine(context, "hello"), "hello\n");
        foreach (var format in new[] { "docker", "oci" })
        {
            var name = open.Image($"suite/buildah-{format}:1").ToString();
            await BuildahAsync("bud", "--quiet", "--format", format, "--tag", name, context);
            await BuildahAsync("push", "--quiet", "--tls-verify=false", name, $"docker://{name}");
        }

        var index = open.Image("suite/index:1").ToString();
        await BuildahAsync("bud", "--quiet", "--format", "oci", "--platform", "linux/amd64,linux/arm64", "--manifest", index, context);
        await BuildahAsync("manifest", "push", "--quiet", "--all", "--tls-verify=false", index, $"docker://{index}");
        await MakeBuildKitIndexAsync(open);
    }

    private Task<string> BuildahAsync(string verb, params string[] arguments) => Command.CheckAsync(
        "buildah", ["--root", Path.Combine(_folder, "buildah"), "--runroot", Path.Combine(_folder, "buildah-run"), "--storage-driver", "vfs", verb, .. arguments]);

    // BuildKit's index: beside each image an attestation, which is a manifest of its own for platform unknown/unknown.
    private static async Task MakeBuildKitIndexAsync(RegistryUnderTest open)
    {
        using var client = open.CreateClient();
        var target = open.Image("suite/buildkit:1");
        var image = await client.GetManifestAsync(open.Image("suite/skopeo-oci:1"), null);
        await client.CopyAsync(open.Image("suite/skopeo-oci:1"), target.WithDigest(image.Digest), null, null);
        var config = await PushAsync(client, target, "application/vnd.oci.image.config.v1+json", """{"architecture":"unknown","os":"unknown","config":{},"rootfs":{"type":"layers","diff_ids":[]}}"""u8.ToArray());
        var statement = await PushAsync(client, target, "application/vnd.in-toto+json", """{"_type":"https://in-toto.io/Statement/v0.1","predicateType":"https://slsa.dev/provenance/v0.2","subject":[],"predicate":{}}"""u8.ToArray());
        var attestation = JsonSerializer.SerializeToUtf8Bytes(new { schemaVersion = 2, mediaType = "application/vnd.oci.image.manifest.v1+json", config, layers = new[] { statement } });
        await client.PutManifestAsync(target.WithDigest(Digest.Compute(attestation)), "application/vnd.oci.image.manifest.v1+json", attestation, null);
        var annotations = new Dictionary<string, string> { ["vnd.docker.reference.digest"] = $"{image.Digest}", ["vnd.docker.reference.type"] = "attestation-manifest" };
        var content = JsonSerializer.SerializeToUtf8Bytes(new
        {
            schemaVersion = 2,
            mediaType = "application/vnd.oci.image.index.v1+json",
            manifests = new object[]
            {
                new { mediaType = image.MediaType, digest = $"{image.Digest}", size = image.Content.Length, platform = new { architecture = "amd64", os = "linux" } },
                new { mediaType = "application/vnd.oci.image.manifest.v1+json", digest = $"{Digest.Compute(attestation)}", size = attestation.Length, annotations, platform = new { architecture = "unknown", os = "unknown" } },
            },
        });
        await client.PutManifestAsync(target, "application/vnd.oci.image.index.v1+json", content, null);
    }

    private static async Task<object> PushAsync(RegistryClient client, ImageReference target, string mediaType, byte[] content)
    {
        await client.PushBlobAsync(target, Blobs.Of(content), null);
        return new { mediaType, digest = $"{Digest.Compute(content)}", size = content.Length };
    }
}
