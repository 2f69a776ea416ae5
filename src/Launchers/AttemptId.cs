using System.Globalization;

namespace ImageBuilder.Launchers;

/// <summary>One attempt of a build.</summary>
/// <param name="BuildId">The build.</param>
/// <param name="Number">1 for the first attempt.</param>
public readonly record struct AttemptId(Guid BuildId, int Number)
{
    /// <summary>The attempt of which <see cref="ToString"/> gave <paramref name="name"/>; null when it gave no such name.</summary>
    public static AttemptId? Parse(string name)
    {
        var dot = name.IndexOf('.', StringComparison.Ordinal);
        return dot > 0 && Guid.TryParseExact(name.AsSpan(0, dot), "N", out var build) && int.TryParse(name.AsSpan(dot + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? new AttemptId(build, number)
            : null;
    }

    /// <summary>A name that is safe in paths.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{BuildId:N}.{Number}");
}
