namespace ImageBuilder.Silo.Configuration.Rules;

/// <summary>The path of a program that is there: an executable or a .dll.</summary>
internal sealed class ProgramFileAttribute : RuleAttribute
{
    private const UnixFileMode AnyExecute = UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    /// <inheritdoc />
    public override string Allowed => "the path of an executable or a .dll";

    /// <inheritdoc />
    public override string? Check(object value)
    {
        var path = (string)value;
        return ReadableFileAttribute.Problem(path)
            ?? (path.EndsWith(".dll", StringComparison.Ordinal) || (File.GetUnixFileMode(path) & AnyExecute) != 0 ? null : "is not executable");
    }
}
