using System.Diagnostics.CodeAnalysis;
using System.Text.RegularExpressions;

namespace ImageBuilder.Registry.Credentials;

/// <summary>The name of a docker credential helper, as docker config files give it: <c>ecr-login</c> means the program <c>docker-credential-ecr-login</c>.</summary>
internal sealed partial record CredentialHelperName
{
    /// <summary>What a name may be, for error messages.</summary>
    public const string Rule = "1 to 64 of the characters A-Z a-z 0-9 - _ . with a letter or digit first";

    private CredentialHelperName(string name) => Program = $"docker-credential-{name}";

    /// <summary>The program's file name; it is searched in PATH.</summary>
    public string Program { get; }

    /// <summary>Reads a name; false where it is none, for example because it leads to another folder.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out CredentialHelperName? name)
    {
        name = Pattern().IsMatch(text) ? new CredentialHelperName(text) : null;
        return name is not null;
    }

    /// <inheritdoc />
    public override string ToString() => Program;

    [GeneratedRegex(@"\A[A-Za-z0-9][A-Za-z0-9._-]{0,63}\z")]
    private static partial Regex Pattern();
}
