using System.Formats.Tar;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text.Json;
using ImageBuilder.Sandbox.Processes;
using ImageBuilder.Sandbox.Registry;

namespace ImageBuilder.Sandbox.Images;

/// <summary>A small base image made on this machine from busybox-static, so that nothing is fetched from elsewhere. Its digest is the same every time.</summary>
public static class BaseImage
{
    /// <summary>Its repository below a registry's host.</summary>
    public const string Repository = "local/busybox";

    private const string Busybox = "/bin/busybox";

    /// <summary>Makes the image and pushes it as <paramref name="repository"/>:<paramref name="tag"/>, with the registry's credentials; gives its reference.</summary>
    /// <param name="registry">The registry.</param>
    /// <param name="repository">The repository.</param>
    /// <param name="tag">The tag.</param>
    /// <param name="ballast">Random bytes that make the image larger, and unlike any other; 0 for none.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async Task<string> PushAsync(RegistryServer registry, string repository = Repository, string tag = "1", int ballast = 0, CancellationToken cancellationToken = default)
    {
        var reference = $"{registry.Host}/{repository}:{tag}";
        var layout = Directory.CreateTempSubdirectory("base-image-");
        try
        {
            await WriteLayoutAsync(layout.FullName, ballast, cancellationToken);
            await Command.CheckAsync(
                "skopeo",
                ["copy", "--quiet", "--insecure-policy", "--dest-tls-verify=false", "--format", "v2s2", "--authfile", registry.AuthFile, $"oci:{layout.FullName}:base", $"docker://{reference}"],
                cancellationToken: cancellationToken);
            return reference;
        }
        finally
        {
            layout.Delete(recursive: true);
        }
    }

    // OCI image layout: oci-layout, index.json and content-addressed blobs.
    private static async Task WriteLayoutAsync(string folder, int ballast, CancellationToken cancellationToken)
    {
        var blobs = Directory.CreateDirectory(Path.Combine(folder, "blobs", "sha256")).FullName;
        var tar = await MakeRootAsync(ballast, cancellationToken);
        var layer = await WriteBlobAsync(blobs, Compress(tar), "application/vnd.oci.image.layer.v1.tar+gzip", cancellationToken);
        var config = await WriteBlobAsync(
            blobs,
            JsonSerializer.SerializeToUtf8Bytes(new
            {
                created = "2026-01-01T00:00:00Z",
                architecture = "amd64",
                os = "linux",
                config = new { Env = new[] { "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin" }, Cmd = new[] { "sh" } },
                rootfs = new { type = "layers", diff_ids = new[] { Digest(tar) } },
                history = new[] { new { created = "2026-01-01T00:00:00Z", created_by = "busybox-static" } },
            }),
            "application/vnd.oci.image.config.v1+json",
            cancellationToken);
        var manifest = await WriteBlobAsync(
            blobs,
            JsonSerializer.SerializeToUtf8Bytes(new { schemaVersion = 2, mediaType = "application/vnd.oci.image.manifest.v1+json", config, layers = new[] { layer } }),
            "application/vnd.oci.image.manifest.v1+json",
            cancellationToken);
        var named = new { manifest.mediaType, manifest.digest, manifest.size, annotations = new Dictionary<string, string> { ["org.opencontainers.image.ref.name"] = "base" } };
        await File.WriteAllTextAsync(Path.Combine(folder, "oci-layout"), """{"imageLayoutVersion":"1.0.0"}""", cancellationToken);
        await File.WriteAllTextAsync(Path.Combine(folder, "index.json"), JsonSerializer.Serialize(new { schemaVersion = 2, manifests = new[] { named } }), cancellationToken);
    }

    private static async Task<byte[]> MakeRootAsync(int ballast, CancellationToken cancellationToken)
    {
        var links = (await Command.CheckAsync(Busybox, ["--list-full"], cancellationToken: cancellationToken)).Split('\n').Except(["bin/busybox"]);
        using var tar = new MemoryStream();
        using (var writer = new TarWriter(tar, TarEntryFormat.Ustar, leaveOpen: true))
        {
            foreach (var (folder, mode) in new[] { ("bin", 0b111_101_101), ("sbin", 0b111_101_101), ("usr", 0b111_101_101), ("usr/bin", 0b111_101_101), ("usr/sbin", 0b111_101_101), ("etc", 0b111_101_101), ("root", 0b111_000_000), ("tmp", 0b1_111_111_111) })
            {
                Write(writer, TarEntryType.Directory, folder, mode);
            }

            Write(writer, TarEntryType.RegularFile, "bin/busybox", 0b111_101_101, data: await File.ReadAllBytesAsync(Busybox, cancellationToken));
            foreach (var link in links)
            {
                Write(writer, TarEntryType.SymbolicLink, link, 0b111_111_111, target: "/bin/busybox");
            }

            Write(writer, TarEntryType.RegularFile, "etc/passwd", 0b110_100_100, data: "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n"u8.ToArray());
            Write(writer, TarEntryType.RegularFile, "etc/group", 0b110_100_100, data: "root:x:0:\nnogroup:x:65534:\n"u8.ToArray());
            if (ballast > 0)
            {
                Write(writer, TarEntryType.RegularFile, "ballast", 0b110_100_100, data: RandomNumberGenerator.GetBytes(ballast));
            }
        }

        return tar.ToArray();
    }

    private static void Write(TarWriter writer, TarEntryType type, string name, int mode, string? target = null, byte[]? data = null)
    {
        var entry = new UstarTarEntry(type, name) { Mode = (UnixFileMode)mode, ModificationTime = DateTimeOffset.UnixEpoch };
        if (target is not null)
        {
            entry.LinkName = target;
        }

        if (data is not null)
        {
            entry.DataStream = new MemoryStream(data);
        }

        writer.WriteEntry(entry);
    }

    private static byte[] Compress(byte[] bytes)
    {
        using var compressed = new MemoryStream();
        using (var gzip = new GZipStream(compressed, CompressionLevel.Optimal))
        {
            gzip.Write(bytes);
        }

        return compressed.ToArray();
    }

    private static async Task<Descriptor> WriteBlobAsync(string folder, byte[] bytes, string mediaType, CancellationToken cancellationToken)
    {
        var digest = Digest(bytes);
        await File.WriteAllBytesAsync(Path.Combine(folder, digest["sha256:".Length..]), bytes, cancellationToken);
        return new Descriptor(mediaType, digest, bytes.Length);
    }

    private static string Digest(byte[] bytes) => $"sha256:{Convert.ToHexStringLower(SHA256.HashData(bytes))}";

    // Named as the OCI image specification writes them.
    private sealed record Descriptor(string mediaType, string digest, long size);
}
