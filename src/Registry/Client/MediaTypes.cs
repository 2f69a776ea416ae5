namespace ImageBuilder.Registry.Client;

/// <summary>The media types of manifests, as OCI and Docker call them.</summary>
internal static class MediaTypes
{
    public const string OciManifest = "application/vnd.oci.image.manifest.v1+json";
    public const string OciIndex = "application/vnd.oci.image.index.v1+json";
    public const string DockerManifest = "application/vnd.docker.distribution.manifest.v2+json";
    public const string DockerList = "application/vnd.docker.distribution.manifest.list.v2+json";

    /// <summary>All of them. A registry answers 404 to a manifest whose type the client does not accept.</summary>
    public static IReadOnlyList<string> Manifests { get; } = [OciManifest, OciIndex, DockerManifest, DockerList];

    /// <summary>Whether it is one image.</summary>
    public static bool IsImage(string mediaType) => mediaType is OciManifest or DockerManifest;

    /// <summary>Whether it is one of the four.</summary>
    public static bool IsManifest(string mediaType) => IsImage(mediaType) || mediaType is OciIndex or DockerList;

    /// <summary>Whether it is Docker's first manifest format, signed or not, whose digests say nothing of what they name.</summary>
    public static bool IsSchema1(string mediaType) => mediaType.StartsWith("application/vnd.docker.distribution.manifest.v1+", StringComparison.Ordinal);

    /// <summary>Whether it is a layer that its maker forbids to redistribute, which registries do not hold.</summary>
    public static bool IsForeignLayer(string mediaType) =>
        mediaType.Contains(".nondistributable.", StringComparison.Ordinal) || mediaType.Contains(".foreign.", StringComparison.Ordinal);
}
