using ImageBuilder.Registry.Names;

namespace ImageBuilder.Registry.Client;

/// <summary>A blob or manifest that a manifest names (OCI image specification, Content Descriptors).</summary>
internal sealed record ManifestPart(string MediaType, Digest Digest, long Size, Platform? Platform);
