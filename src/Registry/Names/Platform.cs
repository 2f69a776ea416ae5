using System.Diagnostics.CodeAnalysis;

namespace ImageBuilder.Registry.Names;

/// <summary>
/// What an image runs on, in the words of the OCI image specification (Image Index, platform): operating system, processor architecture
/// and, where an architecture has several, its variant.
/// </summary>
/// <param name="Os">As Go's GOOS spells it, for example <c>linux</c>.</param>
/// <param name="Architecture">As Go's GOARCH spells it, for example <c>amd64</c> or <c>arm64</c>.</param>
/// <param name="Variant">For example <c>v7</c> of <c>arm</c>; null when the architecture's usual one is meant.</param>
public sealed record Platform(string Os, string Architecture, string? Variant = null)
{
    /// <summary>linux/amd64.</summary>
    public static Platform LinuxAmd64 { get; } = new("linux", "amd64");

    /// <summary>Reads <c>os/architecture</c> or <c>os/architecture/variant</c>.</summary>
    /// <exception cref="InvalidReferenceException">The text has another form.</exception>
    public static Platform Parse(string text) => TryParse(text, out var platform)
        ? platform
        : throw new InvalidReferenceException($"invalid platform \"{Shown.Text(text)}\": it has the form linux/amd64 or linux/arm/v7");

    /// <summary>Reads <c>os/architecture</c> or <c>os/architecture/variant</c>; false when the text has another form.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out Platform? platform)
    {
        var parts = text.Split('/', 4);
        platform = parts.Length is 2 or 3 && parts.All(part => part.Length is > 0 and <= 32 && part.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_'))
            ? new Platform(parts[0], parts[1], parts.Length == 3 ? parts[2] : null)
            : null;
        return platform is not null;
    }

    /// <summary>
    /// Whether an image made for <paramref name="other"/> is one for exactly this platform. The usual variants, v1 of amd64 and v8 of
    /// arm64, are the same as none.
    /// </summary>
    public bool IsExactly(Platform other) =>
        Os == other.Os && Architecture == other.Architecture && EffectiveVariant == other.EffectiveVariant;

    /// <summary>For example <c>linux-amd64</c> or <c>linux-arm-v7</c>, as error messages name it.</summary>
    public override string ToString() => Variant is null ? $"{Os}-{Architecture}" : $"{Os}-{Architecture}-{Variant}";

    private string EffectiveVariant => (Architecture, Variant) switch
    {
        (_, null) or ("amd64", "v1") or ("arm64", "v8") => string.Empty,
        _ => Variant,
    };
}
