using System.Text.RegularExpressions;

namespace ImageBuilder.Silo.Configuration.Rules;

/// <summary>A registry's host name or address, with its port if it has one.</summary>
internal sealed partial class RegistryHostAttribute : RuleAttribute
{
    private const int LongestHost = 255;

    /// <inheritdoc />
    public override string Allowed => "a registry's host or host:port such as \"registry.internal:5000\"";

    /// <inheritdoc />
    public override string? Check(object value) => ((string)value).Length <= LongestHost && Pattern().IsMatch((string)value) ? null : "is not";

    [GeneratedRegex(@"^([A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?\z", RegexOptions.CultureInvariant)]
    private static partial Regex Pattern();
}
