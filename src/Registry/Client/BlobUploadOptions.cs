namespace ImageBuilder.Registry.Client;

/// <summary>How blobs are uploaded.</summary>
public sealed record BlobUploadOptions
{
    /// <summary>256 MiB in one piece, larger ones in chunks of 64 MiB.</summary>
    public static BlobUploadOptions Default { get; } = new();

    /// <summary>
    /// The largest blob that goes in one request, in bytes; default 256 MiB. A broken upload of that kind begins anew, but every registry takes it. Larger
    /// blobs go in chunks, and an upload that breaks goes on where the registry says; a registry that takes no chunks gets them in one request after all.
    /// </summary>
    public long MonolithicUpTo { get; init; } = 256L << 20;

    /// <summary>
    /// How large a chunk is, in bytes; default 64 MiB, at least 1. A registry's own minimum (<c>OCI-Chunk-Min-Length</c>) counts if it is larger.
    /// Chunks are not held in memory.
    /// </summary>
    public long ChunkSize { get; init; } = 64L << 20;
}
