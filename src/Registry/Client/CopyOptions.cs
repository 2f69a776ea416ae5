using ImageBuilder.Registry.Names;

namespace ImageBuilder.Registry.Client;

/// <summary>How an image is copied.</summary>
public sealed record CopyOptions
{
    /// <summary>The image and what it names, four blobs at once.</summary>
    public static CopyOptions Default { get; } = new();

    /// <summary>Whether what refers to the image is copied too (signatures, attestations, and what refers to those); default false.</summary>
    public bool Referrers { get; init; }

    /// <summary>How many blobs are on their way at once; default 4, at least 1.</summary>
    public int BlobsAtOnce { get; init; } = 4;

    /// <summary>How many manifests of one index are worked on at once; default 4, at least 1.</summary>
    public int ManifestsAtOnce { get; init; } = 4;

    /// <summary>Whether it is known that the target's name is not taken, so that the registry is not asked; default false.</summary>
    public bool IsTargetNew { get; init; }

    /// <summary>
    /// The name under which the target's repository is asked whether it has the image by its digest, as behind a proxy that takes every digest
    /// of the target's name for its tag; default null: the target's own name.
    /// </summary>
    public ImageReference? TargetByDigest { get; init; }

    /// <summary>How blobs are uploaded; default <see cref="BlobUploadOptions.Default"/>.</summary>
    public BlobUploadOptions Upload { get; init; } = BlobUploadOptions.Default;
}
