namespace ImageBuilder.Silo.Configuration.Rules;

/// <summary>A path that starts with "/".</summary>
internal sealed class AbsolutePathAttribute : RuleAttribute
{
    /// <inheritdoc />
    public override string Allowed => "an absolute path";

    /// <inheritdoc />
    public override string? Check(object value) => Path.IsPathFullyQualified((string)value) ? null : "does not start with \"/\"";
}
