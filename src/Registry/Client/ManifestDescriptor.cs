using ImageBuilder.Registry.Names;

namespace ImageBuilder.Registry.Client;

/// <summary>What a registry says about a manifest without sending it.</summary>
/// <param name="MediaType">For example <c>application/vnd.oci.image.index.v1+json</c>.</param>
/// <param name="Digest">The manifest's digest.</param>
/// <param name="Size">The manifest's length in bytes.</param>
public sealed record ManifestDescriptor(string MediaType, Digest Digest, long Size);
