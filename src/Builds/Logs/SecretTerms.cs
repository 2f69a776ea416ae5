using System.Text;

namespace ImageBuilder.Builds.Logs;

/// <summary>The forms in which the secrets of a request may show in a log.</summary>
internal static class SecretTerms
{
    /// <summary>
    /// Characters of the shortest secret that is taken out of a log. Shorter ones are words like any other: taking every "root" out would spoil the
    /// log, and tell the secret to whoever looks at what is missing.
    /// </summary>
    public const int MinLength = 6;

    /// <summary>All forms of <paramref name="secrets"/> that are long enough.</summary>
    /// <param name="secrets">The request's.</param>
    /// <param name="gitUser">The user that the git password belongs to; empty for none.</param>
    public static IEnumerable<string> Of(BuildSecrets secrets, string gitUser) =>
        OfLogin(gitUser, secrets.GitPassword)
            .Append(secrets.GitOneTimeSecretUrl)
            .Concat(secrets.Access.Additional.Values.SelectMany(OfAuth))
            .Where(term => term.Length >= MinLength);

    private static IEnumerable<string> OfLogin(string user, string password)
    {
        if (password.Length == 0)
        {
            return [];
        }

        var login = $"{user}:{password}";
        var base64 = Convert.ToBase64String(Encoding.UTF8.GetBytes(login));
        return [password, Uri.EscapeDataString(password), login, base64, base64.TrimEnd('=')];
    }

    // Base64 of "user:password"; who reads it may end the user at the first ":" or at the last.
    private static IEnumerable<string> OfAuth(string value)
    {
        var bytes = new byte[value.Length];
        var text = Convert.TryFromBase64String(value, bytes, out var length) ? Encoding.UTF8.GetString(bytes, 0, length) : string.Empty;
        var (first, last) = (text.IndexOf(':', StringComparison.Ordinal), text.LastIndexOf(':'));
        return first < 0
            ? [value, value.TrimEnd('=')]
            : [value, value.TrimEnd('='), .. OfLogin(text[..first], text[(first + 1)..]), .. OfLogin(text[..last], text[(last + 1)..])];
    }
}
