using System.Globalization;

namespace ImageBuilder.Launchers;

/// <summary>One attempt of a build.</summary>
/// <param name="BuildId">The build.</param>
/// <param name="Number">1 for the first attempt.</param>
public readonly record struct AttemptId(Guid BuildId, int Number)
{
    /// <summary>A name that is safe in paths.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{BuildId:N}.{Number}");
}
