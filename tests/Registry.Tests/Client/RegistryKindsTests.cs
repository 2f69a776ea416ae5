using System.Text;
using ImageBuilder.Registry.Client;
using ImageBuilder.Registry.Names;
using ImageBuilder.Testing;

namespace ImageBuilder.Registry.Tests.Client;

/// <summary>Every verb against every kind of docker-registry, compared with skopeo.</summary>
[Collection(nameof(DockerRegistriesCollection))]
public sealed class RegistryKindsTests(DockerRegistries registries)
{
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
}
