using System.Formats.Tar;
using System.IO.Compression;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using ImageBuilder.Sandbox.Registry;

namespace ImageBuilder.Sandbox.Images;

/// <summary>An image as the registry gives it out.</summary>
public sealed record PushedImage(string Digest, JsonObject Manifest, JsonObject Config)
{
    private static readonly string[] s_manifestTypes =
    [
        "application/vnd.docker.distribution.manifest.v2+json",
        "application/vnd.oci.image.manifest.v1+json",
    ];

    /// <summary>Pulls the manifest and the configuration of <paramref name="reference"/> ("host/repository:tag"); null when the registry has no such image.</summary>
    public static async Task<PushedImage?> PullAsync(RegistryServer registry, string reference, CancellationToken cancellationToken = default)
    {
        var (repository, tag) = NameOf(registry, reference);
        using var client = registry.CreateClient();
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/v2/{repository}/manifests/{tag}");
        request.Headers.Add("Accept", s_manifestTypes);
        using var answer = await client.SendAsync(request, cancellationToken);
        if (answer.StatusCode == System.Net.HttpStatusCode.NotFound)
        {
            return null;
        }

        answer.EnsureSuccessStatusCode();
        var manifest = (await answer.Content.ReadFromJsonAsync<JsonObject>(cancellationToken))!;
        var config = await client.GetFromJsonAsync<JsonObject>($"/v2/{repository}/blobs/{manifest["config"]!["digest"]}", cancellationToken);
        return new PushedImage(answer.Headers.GetValues("Docker-Content-Digest").Single(), manifest, config!);
    }

    /// <summary>The text of a file as the last of the image's layers that has it says; null when none has.</summary>
    /// <param name="registry">Where the image is.</param>
    /// <param name="reference">What it was pulled by.</param>
    /// <param name="path">The file's path, without a leading slash.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<string?> ReadFileAsync(RegistryServer registry, string reference, string path, CancellationToken cancellationToken = default)
    {
        using var client = registry.CreateClient();
        foreach (var layer in Manifest["layers"]!.AsArray().Reverse())
        {
            await using var blob = await client.GetStreamAsync($"/v2/{NameOf(registry, reference).Repository}/blobs/{layer!["digest"]}", cancellationToken);
            await using var plain = new GZipStream(blob, CompressionMode.Decompress);
            await using var files = new TarReader(plain);
            while (await files.GetNextEntryAsync(cancellationToken: cancellationToken) is { } file)
            {
                if (file.Name.TrimStart('.', '/') == path && file.DataStream is { } content)
                {
                    using var text = new StreamReader(content);
                    return await text.ReadToEndAsync(cancellationToken);
                }
            }
        }

        return null;
    }

    private static (string Repository, string Tag) NameOf(RegistryServer registry, string reference)
    {
        var name = reference[(registry.Host.Length + 1)..];
        var colon = name.LastIndexOf(':');
        return (name[..colon], name[(colon + 1)..]);
    }
}
