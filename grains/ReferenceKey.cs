using ImageBuilder.Registry.Names;

namespace ImageBuilder.Grains;

/// <summary>Keys of <see cref="IReferenceGrain"/>: the normalised reference and the platform that is asked for.</summary>
public static class ReferenceKey
{
    private const char Separator = '|';

    /// <summary>The key of <paramref name="reference"/> on <paramref name="platform"/>.</summary>
    public static string Of(ImageReference reference, Platform platform) => $"{reference}{Separator}{platform.Os}/{platform.Architecture}{(platform.Variant is null ? string.Empty : "/" + platform.Variant)}";

    internal static (ImageReference Reference, Platform Platform) Parse(string key)
    {
        var separator = key.IndexOf(Separator, StringComparison.Ordinal);
        return (ImageReference.Parse(key[..separator]), Platform.Parse(key[(separator + 1)..]));
    }
}
