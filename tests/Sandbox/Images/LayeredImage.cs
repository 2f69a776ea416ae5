using System.IO.Compression;
using System.Net;
using System.Security.Cryptography;
using System.Text.Json;
using ImageBuilder.Sandbox.Registry;

namespace ImageBuilder.Sandbox.Images;

/// <summary>A large image of random layers, which no compression makes smaller; made in an open registry, a layer at a time.</summary>
public static class LayeredImage
{
    /// <summary>Makes an image of <paramref name="layers"/> layers of <paramref name="size"/> bytes in all, and pushes it as <paramref name="repository"/>:1; gives its reference.</summary>
    public static async Task<string> PushAsync(RegistryServer registry, string repository, long size, int layers, CancellationToken cancellationToken = default)
    {
        using var client = new HttpClient { BaseAddress = new Uri($"http://{registry.Host}") };
        var file = Path.GetTempFileName();
        try
        {
            var parts = new List<object>();
            for (var i = 0; i < layers; i++)
            {
                var digest = await WriteLayerAsync(file, size / layers, cancellationToken);
                await using var layer = File.OpenRead(file);
                parts.Add(new { mediaType = "application/vnd.oci.image.layer.v1.tar+gzip", digest, size = layer.Length });
                await PushBlobAsync(client, repository, digest, layer, cancellationToken);
            }

            var config = JsonSerializer.SerializeToUtf8Bytes(new { architecture = "amd64", os = "linux", config = new { }, rootfs = new { type = "layers", diff_ids = Array.Empty<string>() } });
            var configDigest = Digest(SHA256.HashData(config));
            using var configBytes = new MemoryStream(config);
            await PushBlobAsync(client, repository, configDigest, configBytes, cancellationToken);

            const string mediaType = "application/vnd.oci.image.manifest.v1+json";
            using var manifest = new ByteArrayContent(JsonSerializer.SerializeToUtf8Bytes(new
            {
                schemaVersion = 2,
                mediaType,
                config = new { mediaType = "application/vnd.oci.image.config.v1+json", digest = configDigest, size = config.Length },
                layers = parts,
            }));
            manifest.Headers.ContentType = new(mediaType);
            using var stored = await client.PutAsync(new Uri($"/v2/{repository}/manifests/1", UriKind.Relative), manifest, cancellationToken);
            stored.EnsureSuccessStatusCode();
            return $"{registry.Host}/{repository}:1";
        }
        finally
        {
            File.Delete(file);
        }
    }

    // A gzip stream, so that skopeo does not make one of it.
    private static async Task<string> WriteLayerAsync(string file, long size, CancellationToken cancellationToken)
    {
        var piece = new byte[1 << 20];
        await using (var stream = File.Create(file))
        await using (var gzip = new GZipStream(stream, CompressionLevel.NoCompression))
        {
            for (var written = 0L; written < size; written += piece.Length)
            {
                RandomNumberGenerator.Fill(piece);
                await gzip.WriteAsync(piece.AsMemory(0, (int)Math.Min(piece.Length, size - written)), cancellationToken);
            }
        }

        await using var bytes = File.OpenRead(file);
        return Digest(await SHA256.HashDataAsync(bytes, cancellationToken));
    }

    /// <summary>Uploads a blob in one piece.</summary>
    public static async Task PushBlobAsync(HttpClient client, string repository, string digest, Stream bytes, CancellationToken cancellationToken)
    {
        using var started = await client.PostAsync(new Uri($"/v2/{repository}/blobs/uploads/", UriKind.Relative), null, cancellationToken);
        using var content = new StreamContent(bytes);
        using var stored = await client.PutAsync(new Uri($"{started.Headers.Location}&digest={digest}"), content, cancellationToken);
        if (stored.StatusCode != HttpStatusCode.Created)
        {
            throw new InvalidOperationException($"the registry did not take {digest}: {stored.StatusCode}");
        }
    }

    private static string Digest(byte[] hash) => "sha256:" + Convert.ToHexStringLower(hash);
}
