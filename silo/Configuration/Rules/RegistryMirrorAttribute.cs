using System.Text.RegularExpressions;

namespace ImageBuilder.Silo.Configuration.Rules;

/// <summary>A mirror's host, with its port and the path before its repositories if it has them.</summary>
internal sealed partial class RegistryMirrorAttribute : RuleAttribute
{
    private const int LongestMirror = 255;

    /// <inheritdoc />
    public override string Allowed => "a mirror's host, host:port or either with a path, such as \"harbor.internal:5000/dockerhub\"";

    /// <inheritdoc />
    public override string? Check(object value) => ((string)value).Length <= LongestMirror && Pattern().IsMatch((string)value) ? null : "is not";

    [GeneratedRegex(@"^([A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?(/[a-z0-9]+([._-]+[a-z0-9]+)*)*\z", RegexOptions.CultureInvariant)]
    private static partial Regex Pattern();
}
