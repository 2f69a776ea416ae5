using ImageBuilder.Registry.Names;

namespace ImageBuilder.Grains;

/// <summary>Keys of <see cref="IReferenceGrain"/>: the normalised reference and what is asked of it.</summary>
public static class ReferenceKey
{
    private const char Separator = '|';

    /// <summary>The key of the image that <paramref name="reference"/> means on <paramref name="platform"/>.</summary>
    public static string Of(ImageReference reference, Platform platform) =>
        $"{OfManifest(reference)}{platform.Os}/{platform.Architecture}{(platform.Variant is null ? string.Empty : "/" + platform.Variant)}";

    /// <summary>The key of the manifest, image or index, that <paramref name="reference"/> names: whether it exists, and its own digest.</summary>
    public static string OfManifest(ImageReference reference) =>
        reference.Digest is { } digest
            ? $"{reference.RepositoryName}@{digest}{Separator}"
            : $"{reference.RepositoryName}:{reference.Identifier}{Separator}";

    /// <summary>The reference, and the platform when an image is asked for.</summary>
    internal static (ImageReference Reference, Platform? Platform) Parse(string key)
    {
        var separator = key.IndexOf(Separator, StringComparison.Ordinal);
        return (ImageReference.Parse(key[..separator]), separator + 1 < key.Length ? Platform.Parse(key[(separator + 1)..]) : null);
    }
}
