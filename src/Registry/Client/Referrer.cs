using System.Collections.Immutable;
using ImageBuilder.Registry.Names;

namespace ImageBuilder.Registry.Client;

/// <summary>A manifest that is about another one, its subject: a signature, a bill of materials, an attestation (OCI image specification, Content Descriptors).</summary>
/// <param name="MediaType">For example <c>application/vnd.oci.image.manifest.v1+json</c>.</param>
/// <param name="Digest">The manifest's digest.</param>
/// <param name="Size">The manifest's length in bytes.</param>
/// <param name="ArtifactType">What kind of thing it is, for example <c>application/spdx+json</c>; null when the registry does not say.</param>
/// <param name="Annotations">Its annotations, as far as the registry tells them.</param>
public sealed record Referrer(string MediaType, Digest Digest, long Size, string? ArtifactType, ImmutableDictionary<string, string> Annotations);
