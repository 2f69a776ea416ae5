using ImageBuilder.Registry.Names;

namespace ImageBuilder.Registry.Client;

/// <summary>What copying an image took.</summary>
/// <param name="Digest">The image's digest, the same on both sides.</param>
/// <param name="BlobsPresent">Blobs that were there already.</param>
/// <param name="BlobsMounted">Blobs that the registry took over from the other repository without a transfer.</param>
/// <param name="BlobsSent">Blobs that were transferred.</param>
/// <param name="BytesSent">The size of those, in bytes.</param>
public sealed record CopyResult(Digest Digest, int BlobsPresent, int BlobsMounted, int BlobsSent, long BytesSent);
