using System.Collections.Immutable;
using System.Text.Json;
using ImageBuilder.Registry.Names;
using ImageBuilder.Registry.Transport;

namespace ImageBuilder.Registry.Client;

/// <summary>What a manifest names (OCI image specification, Image Manifest and Image Index): the blobs of an image, or the images of an index.</summary>
/// <param name="IsIndex">Whether it is an index.</param>
/// <param name="Parts">The configuration and layers of an image; the entries of an index.</param>
internal sealed record ManifestContent(bool IsIndex, ImmutableArray<ManifestPart> Parts)
{
    /// <summary>Reads <paramref name="manifest"/>.</summary>
    /// <exception cref="RegistryException">It is neither an image nor an index.</exception>
    public static ManifestContent Read(string host, Manifest manifest)
    {
        try
        {
            using var document = JsonDocument.Parse(manifest.Content);
            var root = document.RootElement;
            var isIndex = root.TryGetProperty("manifests", out var entries);
            var isImage = root.TryGetProperty("config", out var config) && root.TryGetProperty("layers", out _);
            // With both, two readers could see two images under one digest.
            return isIndex == isImage ? throw Invalid(host, manifest)
                : isIndex ? new ManifestContent(true, [.. entries.EnumerateArray().Select(ReadPart)])
                : new ManifestContent(false, [ReadPart(config), .. root.GetProperty("layers").EnumerateArray().Select(ReadPart)]);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException or FormatException)
        {
            throw Invalid(host, manifest);
        }
    }

    private static ManifestPart ReadPart(JsonElement part) => new(
        part.GetProperty("mediaType").GetString() ?? string.Empty,
        Digest.Parse(part.GetProperty("digest").GetString() ?? string.Empty),
        part.GetProperty("size").GetInt64(),
        part.TryGetProperty("platform", out var platform) && platform.ValueKind == JsonValueKind.Object
            ? new Platform(Text(platform, "os"), Text(platform, "architecture"), Text(platform, "variant") is { Length: > 0 } variant ? variant : null)
            : null);

    private static string Text(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) ? value.GetString() ?? string.Empty : string.Empty;

    private static RegistryException Invalid(string host, Manifest manifest) => new(
        RegistryError.InvalidResponse,
        host,
        MediaTypes.IsSchema1(manifest.MediaType)
            ? $"manifest {manifest.Digest} of registry {host} is in Docker's first format (schema 1), which is no longer read: push the image again with a current client"
            : $"manifest {manifest.Digest} of registry {host} is no image that can be used (media type {Shown.Text(manifest.MediaType)}); it may need to be pushed again by a newer client");
}
