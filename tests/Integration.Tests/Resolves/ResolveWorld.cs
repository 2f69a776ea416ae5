using System.Globalization;
using System.Text.Json;
using ImageBuilder.Integration.Tests.Running;
using ImageBuilder.Registry.Client;
using ImageBuilder.Registry.Credentials;
using ImageBuilder.Registry.Names;
using ImageBuilder.Sandbox.Images;
using ImageBuilder.Sandbox.Registry;
using ImageBuilder.Sandbox.Service;

namespace ImageBuilder.Integration.Tests.Resolves;

/// <summary>A registry that is watched, with an image and an index of two platforms to give names to, and services that resolve them.</summary>
public sealed class ResolveWorld : IAsyncLifetime
{
    private const string ImageType = "application/vnd.docker.distribution.manifest.v2+json";
    private const string IndexType = "application/vnd.oci.image.index.v1+json";

    private readonly DirectoryInfo _data = Directory.CreateTempSubdirectory("imagebuilder-resolves-");
    private string _authFile = string.Empty;
    private ReadOnlyMemory<byte> _image;
    private int _services;

    public RegistryServer Registry { get; private set; } = null!;

    public WatchedRegistry Watched { get; private set; } = null!;

    /// <summary>The image that every name means, on its own or through the index.</summary>
    public Digest Digest { get; private set; }

    public async Task InitializeAsync()
    {
        // The fixture is made even when every test is skipped.
        if (ServiceFactAttribute.MissingReason is not null)
        {
            return;
        }

        Registry = await RegistryServer.StartAsync(Path.Combine(_data.FullName, "registry"));
        Watched = await WatchedRegistry.StartAsync(Registry);
        _authFile = await Watched.WriteAuthFileAsync(Registry, _data.FullName);
    }

    public async Task DisposeAsync()
    {
        if (Registry is not null)
        {
            await Watched.DisposeAsync();
            await Registry.DisposeAsync();
        }

        _data.Delete(recursive: true);
    }

    /// <summary>A service of its own that takes answers for fresh as long as said, and resolves <paramref name="precached"/> ahead of need.</summary>
    public Task<TestedService> StartServiceAsync(TimeSpan freshness, params string[] precached) => TestedService.StartAsync(new ServiceOptions
    {
        DataFolder = Path.Combine(_data.FullName, $"service-{_services++}"),
        RegistryHost = Watched.Host,
        AuthFile = _authFile,
        Amend = configuration =>
        {
            configuration["registry"] = JsonSerializer.SerializeToNode(
                new { freshness = string.Create(CultureInfo.InvariantCulture, $"{(long)freshness.TotalMilliseconds}ms"), staleWhileRevalidate = "0s" });
            configuration["refCache"] = JsonSerializer.SerializeToNode(new { refs = precached });
        },
    });

    /// <summary>Puts the image into <paramref name="repository"/> under <paramref name="tag"/>; gives its reference at the watched address.</summary>
    public async Task<string> PushImageAsync(string repository, string tag)
    {
        using var client = new RegistryClient();
        var manifest = await client.GetManifestAsync(ImageReference.Parse(await BaseImage.PushAsync(Registry, repository, tag)), Credential);
        (_image, Digest) = (manifest.Content, manifest.Digest);
        return $"{Watched.Host}/{repository}:{tag}";
    }

    /// <summary>As <see cref="PushImageAsync"/>, with an index of which the image is one of two.</summary>
    public async Task<string> PushIndexAsync(string repository, string tag)
    {
        await PushImageAsync(repository, "image");

        // One more line end makes another manifest of the same image.
        byte[] other = [.. _image.Span, (byte)'\n'];
        await PutAsync(repository, "other", ImageType, other);
        return await PutAsync(repository, tag, IndexType, JsonSerializer.SerializeToUtf8Bytes(new
        {
            schemaVersion = 2,
            mediaType = IndexType,
            manifests = new[]
            {
                new { mediaType = ImageType, digest = Digest.Compute(other).ToString(), size = other.Length, platform = new { os = "linux", architecture = "arm64" } },
                new { mediaType = ImageType, digest = Digest.ToString(), size = _image.Length, platform = new { os = "linux", architecture = "amd64" } },
            },
        }));
    }

    private RegistryCredential Credential => RegistryCredential.Basic(Registry.User, Registry.Password);

    private async Task<string> PutAsync(string repository, string tag, string mediaType, ReadOnlyMemory<byte> manifest)
    {
        using var client = new RegistryClient();
        await client.PutManifestAsync(ImageReference.Parse($"{Registry.Host}/{repository}:{tag}"), mediaType, manifest, Credential);
        return $"{Watched.Host}/{repository}:{tag}";
    }
}
