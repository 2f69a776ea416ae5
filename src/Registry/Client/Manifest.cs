using ImageBuilder.Registry.Names;

namespace ImageBuilder.Registry.Client;

/// <summary>A manifest as the registry holds it; its content has been checked against its digest.</summary>
/// <param name="MediaType">For example <c>application/vnd.oci.image.manifest.v1+json</c>.</param>
/// <param name="Digest">The digest of <paramref name="Content"/>.</param>
/// <param name="Content">The bytes, unchanged; at most 4 MiB.</param>
public sealed record Manifest(string MediaType, Digest Digest, ReadOnlyMemory<byte> Content);
