using ImageBuilder.Registry.Names;

namespace ImageBuilder.Registry.Client;

/// <summary>The digest of the image that a reference means on a platform, and what it took to find it.</summary>
/// <param name="Digest">The image manifest's digest; never that of an index.</param>
/// <param name="Source">What the registry was asked.</param>
public sealed record Resolution(Digest Digest, ResolutionSource Source);
