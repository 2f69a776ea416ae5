using System.Globalization;

namespace Orleans.Runtime;

/// <summary>Keys that are GUIDs or whole numbers.</summary>
public static class GrainIdKeyExtensions
{
    /// <summary>The key for <paramref name="key"/>: hexadecimal, upper case.</summary>
    public static IdSpan CreateIntegerKey(long key) => IdSpan.Create(key.ToString("X", CultureInfo.InvariantCulture));

    /// <summary>The key for <paramref name="key"/>: 32 hexadecimal digits.</summary>
    public static IdSpan CreateGuidKey(Guid key) => IdSpan.Create(key.ToString("N"));

    /// <summary>The number that the key is, if it is one.</summary>
    public static bool TryGetIntegerKey(this GrainId grainId, out long key) =>
        long.TryParse(grainId.Key.ToString(), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out key);

    /// <summary>The GUID that the key is, if it is one.</summary>
    public static bool TryGetGuidKey(this GrainId grainId, out Guid key) => Guid.TryParseExact(grainId.Key.ToString(), "N", out key);

    /// <summary>The number that the key is.</summary>
    /// <exception cref="ArgumentException">It is none.</exception>
    public static long GetIntegerKey(this GrainId grainId) =>
        grainId.TryGetIntegerKey(out var key) ? key : throw new ArgumentException($"The key of '{grainId}' is not a whole number.", nameof(grainId));

    /// <summary>The GUID that the key is.</summary>
    /// <exception cref="ArgumentException">It is none.</exception>
    public static Guid GetGuidKey(this GrainId grainId) =>
        grainId.TryGetGuidKey(out var key) ? key : throw new ArgumentException($"The key of '{grainId}' is not a GUID.", nameof(grainId));
}
