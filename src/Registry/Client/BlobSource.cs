using ImageBuilder.Registry.Names;

namespace ImageBuilder.Registry.Client;

/// <summary>A blob that is to be stored, and where its bytes come from.</summary>
/// <param name="Digest">The digest that the bytes must have; they are checked on their way.</param>
/// <param name="Size">How many bytes there are; 0 or more.</param>
/// <param name="OpenAsync">
/// Opens the bytes from an offset (0 to <paramref name="Size"/>) to the end. Called again when an upload has to go on from an earlier place. The
/// stream is disposed of by whoever asked for it.
/// </param>
public sealed record BlobSource(Digest Digest, long Size, Func<long, CancellationToken, Task<Stream>> OpenAsync);
