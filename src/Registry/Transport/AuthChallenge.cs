namespace ImageBuilder.Registry.Transport;

/// <summary>How a registry wants to be asked: one challenge of a WWW-Authenticate header (RFC 9110, 11.6.1).</summary>
/// <param name="Scheme"><c>Basic</c> or <c>Bearer</c>.</param>
/// <param name="Realm">With Bearer: where tokens are to be had.</param>
/// <param name="Service">With Bearer: the registry's name for the token endpoint.</param>
internal sealed record AuthChallenge(AuthScheme Scheme, string? Realm, string? Service)
{
    /// <summary>The best challenge of an answer that can be met (Bearer before Basic), or null.</summary>
    public static AuthChallenge? Find(HttpResponseMessage response)
    {
        AuthChallenge? best = null;
        if (response.Headers.NonValidated.TryGetValues("WWW-Authenticate", out var values))
        {
            foreach (var challenge in values.SelectMany(Parse))
            {
                best = best is { Scheme: AuthScheme.Bearer } ? best : challenge;
            }
        }

        return best;
    }

    /// <summary>The Basic and Bearer challenges of one header value; others, and whatever is malformed, are passed over.</summary>
    public static IEnumerable<AuthChallenge> Parse(string value)
    {
        string? scheme = null;
        var parameters = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        var challenges = new List<AuthChallenge>();
        var rest = value.AsSpan();
        while (true)
        {
            rest = rest.TrimStart(" \t,");
            var length = TokenLength(rest);
            if (length == 0)
            {
                break;
            }

            var token = rest[..length].ToString();
            rest = rest[length..];
            var afterToken = rest.TrimStart(" \t");
            if (scheme is not null && afterToken is ['=', ..])
            {
                rest = afterToken[1..].TrimStart(" \t");
                parameters[token] = rest is ['"', ..] ? ReadQuoted(ref rest) : ReadToken(ref rest);
            }
            else
            {
                Add(challenges, scheme, parameters);
                scheme = token;
                rest = afterToken;
                parameters.Clear();
            }
        }

        Add(challenges, scheme, parameters);
        return challenges;
    }

    private static void Add(List<AuthChallenge> challenges, string? scheme, Dictionary<string, string> parameters)
    {
        if ("Basic".Equals(scheme, StringComparison.OrdinalIgnoreCase))
        {
            challenges.Add(new AuthChallenge(AuthScheme.Basic, null, null));
        }
        else if ("Bearer".Equals(scheme, StringComparison.OrdinalIgnoreCase) && parameters.TryGetValue("realm", out var realm))
        {
            challenges.Add(new AuthChallenge(AuthScheme.Bearer, realm, parameters.GetValueOrDefault("service")));
        }
    }

    private static int TokenLength(ReadOnlySpan<char> text)
    {
        var length = 0;
        while (length < text.Length && (char.IsAsciiLetterOrDigit(text[length]) || "!#$%&'*+-.^_`|~".Contains(text[length], StringComparison.Ordinal)))
        {
            length++;
        }

        return length;
    }

    private static string ReadToken(ref ReadOnlySpan<char> text)
    {
        var end = text.IndexOfAny(' ', '\t', ',');
        var token = (end < 0 ? text : text[..end]).ToString();
        text = end < 0 ? [] : text[end..];
        return token;
    }

    private static string ReadQuoted(ref ReadOnlySpan<char> text)
    {
        var content = new System.Text.StringBuilder();
        var at = 1;
        for (; at < text.Length && text[at] != '"'; at++)
        {
            if (text[at] == '\\' && at + 1 < text.Length)
            {
                at++;
            }

            content.Append(text[at]);
        }

        text = at < text.Length ? text[(at + 1)..] : [];
        return content.ToString();
    }
}
