using System.Diagnostics.CodeAnalysis;
using System.Text.RegularExpressions;

namespace ImageBuilder.Registry.Names;

/// <summary>
/// The name of an image, normalised as Docker does it: <c>debian</c> is <c>docker.io/library/debian</c>. The grammar is that of the
/// distribution project's reference package:
/// <code>
/// reference := name [ ":" tag ] [ "@" digest ]
/// name      := [ domain "/" ] component *( "/" component )
/// component := 1*[a-z0-9] *( ( "." | "_" | "__" | 1*"-" ) 1*[a-z0-9] )
/// tag       := [A-Za-z0-9_] *127[A-Za-z0-9_.-]
/// </code>
/// The part before the first "/" is the domain when it contains "." or ":", has an uppercase letter or is <c>localhost</c>.
/// </summary>
public sealed partial record ImageReference
{
    /// <summary>The longest text that is read, in characters; the longest valid reference is well below it.</summary>
    public const int MaximumLength = 1024;

    /// <summary>The longest <see cref="Path"/>, in characters (distribution's limit).</summary>
    public const int MaximumPathLength = 255;

    private const string OfficialPrefix = "library/";

    private ImageReference(string domain, string path, string? tag, Digest? digest)
    {
        Domain = domain;
        Path = path;
        Tag = tag;
        Digest = digest;
    }

    /// <summary>The registry: a host name or address with, if given, its port. Docker Hub is <c>docker.io</c>.</summary>
    public string Domain { get; }

    /// <summary>The repository within the registry, for example <c>library/debian</c>.</summary>
    public string Path { get; }

    /// <summary>The tag, or null when none was given.</summary>
    public string? Tag { get; }

    /// <summary>The digest, or null when none was given.</summary>
    public Digest? Digest { get; }

    /// <summary>Domain and path, without tag and digest: <c>docker.io/library/debian</c>.</summary>
    public string RepositoryName => $"{Domain}/{Path}";

    /// <summary>What names the manifest within the repository: the digest, else the tag, else <c>latest</c>.</summary>
    public string Identifier => Digest?.ToString() ?? Tag ?? "latest";

    /// <summary>The shortest text that means this reference, as Docker shows it: <c>debian:12</c>.</summary>
    public string Familiar
    {
        get
        {
            if (Domain == RegistryHost.DockerHub)
            {
                var bare = Path.StartsWith(OfficialPrefix, StringComparison.Ordinal) && Path.IndexOf('/', OfficialPrefix.Length) < 0
                    ? Path[OfficialPrefix.Length..]
                    : Path;
                // A path such as localhost/x or a.b/c would be read as another registry's.
                if (TryParse(bare, out var again) && again.RepositoryName == RepositoryName)
                {
                    return bare + Suffix;
                }
            }

            return ToString();
        }
    }

    private string Suffix => (Tag is null ? string.Empty : ":" + Tag) + (Digest is null ? string.Empty : "@" + Digest);

    /// <summary>Reads a reference in familiar or full form.</summary>
    /// <exception cref="InvalidReferenceException">The text is no reference; the message says why.</exception>
    public static ImageReference Parse(string text) =>
        TryParse(text, out var reference, out var error) ? reference : throw new InvalidReferenceException(error);

    /// <summary>Reads a reference in familiar or full form; false when the text is none.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, [NotNullWhen(true)] out ImageReference? reference) =>
        TryParse(text, out reference, out _);

    /// <summary>Reads a reference in familiar or full form; false, with the reason, when the text is none.</summary>
    public static bool TryParse(
        [NotNullWhen(true)] string? text, [NotNullWhen(true)] out ImageReference? reference, [NotNullWhen(false)] out string? error)
    {
        reference = null;
        if (string.IsNullOrEmpty(text))
        {
            error = "invalid image reference: it is empty";
            return false;
        }

        error = text.Length > MaximumLength
            ? $"invalid image reference: it is longer than {MaximumLength} characters"
            : Read(text, out reference) is { } reason ? $"invalid image reference \"{Shown.Text(text)}\": {reason}" : null;
        return error is null;
    }

    /// <summary>The same repository with this tag and no digest.</summary>
    /// <exception cref="InvalidReferenceException">The tag is not valid.</exception>
    public ImageReference WithTag(string tag) =>
        TagPattern().IsMatch(tag)
            ? new ImageReference(Domain, Path, tag, null)
            : throw new InvalidReferenceException($"invalid tag \"{Shown.Text(tag)}\": {TagRule}");

    /// <summary>The same repository with this digest and no tag.</summary>
    public ImageReference WithDigest(Digest digest) => new(Domain, Path, null, digest);

    /// <summary>The full normalised form, for example <c>docker.io/library/debian:12</c>; no tag is made up.</summary>
    public override string ToString() => RepositoryName + Suffix;

    private const string TagRule = "a tag has 1 to 128 letters, digits, \"_\", \".\" and \"-\", and begins with none of the last two";

    /// <summary>Null and the reference, or what is wrong with <paramref name="text"/>.</summary>
    private static string? Read(string text, out ImageReference? reference)
    {
        reference = null;
        if (IdentifierPattern().IsMatch(text))
        {
            return "64 hexadecimal digits name an image's id, not a repository";
        }

        var (domain, remainder) = SplitDomain(text);

        Digest? digest = null;
        if (remainder.IndexOf('@', StringComparison.Ordinal) is var at and >= 0)
        {
            var digestText = remainder[(at + 1)..];
            if (Names.Digest.Check(digestText) is { } digestError)
            {
                return digestError;
            }

            digest = Names.Digest.Parse(digestText);
            remainder = remainder[..at];
        }

        string? tag = null;
        if (remainder.IndexOf(':', StringComparison.Ordinal) is var colon and >= 0)
        {
            tag = remainder[(colon + 1)..];
            remainder = remainder[..colon];
            if (!TagPattern().IsMatch(tag))
            {
                return TagRule;
            }
        }

        if (!DomainPattern().IsMatch(domain))
        {
            return $"\"{Shown.Text(domain)}\" is no registry host";
        }

        if (remainder.Any(char.IsAsciiLetterUpper))
        {
            return "the repository name must be lowercase";
        }

        if (!PathPattern().IsMatch(remainder))
        {
            return "a repository name has components of lowercase letters and digits, joined by one \".\", one or two \"_\" or any number of \"-\", with \"/\" between them";
        }

        if (remainder.Length > MaximumPathLength)
        {
            return $"the repository name is longer than {MaximumPathLength} characters";
        }

        reference = new ImageReference(domain, remainder, tag, digest);
        return null;
    }

    private static (string Domain, string Remainder) SplitDomain(string text)
    {
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        if (slash < 0)
        {
            return (RegistryHost.DockerHub, OfficialPrefix + text);
        }

        var (first, rest) = (text[..slash], text[(slash + 1)..]);
        var (domain, remainder) = first is "localhost" || first.AsSpan().ContainsAny('.', ':') || first.Any(char.IsAsciiLetterUpper)
            ? (first is "index.docker.io" ? RegistryHost.DockerHub : first, rest)
            : (RegistryHost.DockerHub, text);
        return domain == RegistryHost.DockerHub && !remainder.Contains('/', StringComparison.Ordinal)
            ? (domain, OfficialPrefix + remainder)
            : (domain, remainder);
    }

    [GeneratedRegex(@"\A[a-f0-9]{64}\z")]
    private static partial Regex IdentifierPattern();

    [GeneratedRegex(@"\A(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*|\[[A-Fa-f0-9:]+\])(?::[0-9]+)?\z")]
    private static partial Regex DomainPattern();

    [GeneratedRegex(@"\A[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)*\z")]
    private static partial Regex PathPattern();

    [GeneratedRegex(@"\A[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}\z")]
    private static partial Regex TagPattern();
}
