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
        var name = reference[(registry.Host.Length + 1)..];
        var colon = name.LastIndexOf(':');
        var (repository, tag) = (name[..colon], name[(colon + 1)..]);
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
}
