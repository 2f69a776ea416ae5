using System.Text;
using System.Text.RegularExpressions;
using ImageBuilder.Registry.Names;

namespace ImageBuilder.Bob.Build;

/// <summary>
/// Reads from a Dockerfile which images it takes: FROM, COPY --from and RUN --mount from. It need not understand more, and what it overlooks is not
/// let through: the engine is told to refuse every image that is not found here.
/// </summary>
internal sealed partial record Dockerfile
{
    /// <summary>The largest Dockerfile that is read, in bytes.</summary>
    public const int MaximumSize = 4 << 20;

    /// <summary>The images that it names.</summary>
    public required IReadOnlyCollection<ImageReference> Images { get; init; }

    /// <summary>The names of its stages.</summary>
    public required IReadOnlySet<string> Stages { get; init; }

    /// <summary>The image of the frontend that its first lines ask for; null when they ask for none.</summary>
    public ImageReference? Syntax { get; init; }

    /// <summary>Whether a RUN step sees files of the context, a stage or an image through a mount.</summary>
    public bool HasBindMounts { get; init; }

    /// <summary>Whether a RUN step has a cache that outlasts it.</summary>
    public bool HasCacheMounts { get; init; }

    /// <summary>Whether a RUN step may see a secret.</summary>
    public bool HasSecretMounts { get; init; }

    /// <summary>The registries of its images, and Docker Hub, which every short name means.</summary>
    public IReadOnlyCollection<string> Registries =>
        new SortedSet<string>(Images.Select(image => image.Domain).Append(RegistryHost.DockerHub), StringComparer.Ordinal);

    /// <summary>Reads <paramref name="text"/>.</summary>
    /// <param name="text">The Dockerfile.</param>
    /// <param name="given">The build arguments that are given, which take the place of its own.</param>
    /// <param name="platform">The platform that is built for, "os/architecture[/variant]"; null for this machine's.</param>
    public static Dockerfile Parse(string text, IReadOnlyDictionary<string, string>? given = null, string? platform = null)
    {
        var images = new HashSet<ImageReference>();
        var stages = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        var mounts = new HashSet<string>(StringComparer.Ordinal);
        var arguments = BuildPlatform.Arguments(platform);
        var inStage = false;
        foreach (var (instruction, rest) in Instructions(text))
        {
            switch (instruction)
            {
                case "ARG" when !inStage:
                    foreach (Match pair in Argument().Matches(rest))
                    {
                        var name = pair.Groups["name"].Value;
                        if (given?.GetValueOrDefault(name) is { } value)
                        {
                            arguments[name] = value;
                        }
                        else if (pair.Groups["value"] is { Success: true } written)
                        {
                            arguments[name] = Expand(written.Value.Trim('"', '\''), arguments);
                        }
                    }

                    break;
                case "FROM":
                    inStage = true;
                    var words = rest.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).SkipWhile(word => word.StartsWith("--", StringComparison.Ordinal)).ToList();
                    if (words.Count > 0)
                    {
                        Add(Expand(words[0].Trim('"'), arguments));
                    }

                    if (words is [_, var keyword, var stage, ..] && keyword.Equals("AS", StringComparison.OrdinalIgnoreCase))
                    {
                        stages.Add(stage);
                    }

                    break;
                case "COPY" or "ADD" or "RUN":
                    mounts.UnionWith(Mount().Matches(rest).Select(mount => OtherMount().Match(mount.Value) is { Success: true } other ? other.Groups["type"].Value : "bind"));
                    foreach (Match from in From().Matches(rest))
                    {
                        Add(Expand(from.Groups["image"].Value.Trim('"', '\''), arguments));
                    }

                    break;
            }
        }

        return new Dockerfile
        {
            Images = images,
            Stages = stages,
            Syntax = SyntaxDirective().Match(text) is { Success: true } syntax && ImageReference.TryParse(syntax.Groups["image"].Value, out var frontend) ? frontend : null,
            HasBindMounts = mounts.Contains("bind"),
            HasCacheMounts = mounts.Contains("cache"),
            HasSecretMounts = mounts.Overlaps(["secret", "ssh"]),
        };

        // A number is a stage, and "context" and "scratch" are no images either.
        void Add(string image)
        {
            if (!stages.Contains(image) && image is not ("scratch" or "context") && !image.All(char.IsAsciiDigit) && ImageReference.TryParse(image, out var reference))
            {
                images.Add(reference);
            }
        }
    }

    private static IEnumerable<(string Instruction, string Operands)> Instructions(string text)
    {
        var escape = EscapeDirective().Match(text) is { Success: true } directive ? directive.Groups["escape"].Value[0] : '\\';
        var line = new StringBuilder();
        foreach (var raw in text.Split('\n'))
        {
            var part = raw.TrimEnd();
            if (part.AsSpan().TrimStart().StartsWith("#") || (part.Length == 0 && line.Length > 0))
            {
                continue;
            }

            if (part.EndsWith(escape))
            {
                line.Append(part.AsSpan(0, part.Length - 1)).Append(' ');
                continue;
            }

            line.Append(part);
            if (Instruction().Match(line.ToString()) is { Success: true } match)
            {
                yield return (match.Groups["instruction"].Value.ToUpperInvariant(), match.Groups["rest"].Value);
            }

            line.Clear();
        }

        if (Instruction().Match(line.ToString()) is { Success: true } last)
        {
            yield return (last.Groups["instruction"].Value.ToUpperInvariant(), last.Groups["rest"].Value);
        }
    }

    private static string Expand(string text, Dictionary<string, string> arguments) => Variable().Replace(text, match =>
    {
        var value = arguments.GetValueOrDefault(match.Groups["name"].Value, string.Empty);
        var word = match.Groups["word"].Value;
        return match.Groups["operator"].Value switch
        {
            ":-" => value.Length > 0 ? value : word,
            ":+" => value.Length > 0 ? word : string.Empty,
            _ => value,
        };
    });

    // Behind a first line for the shell, other directives may stand before it, in comments of either kind or as a member of a JSON object.
    [GeneratedRegex("""\A(?:#![^\n]*\n)?(?:(?:(?:#|//)[ \t]*\w+[ \t]*=[^\n]*\n)*?(?:#|//)[ \t]*syntax[ \t]*=[ \t]*(?<image>\S+)|\s*\{.*"syntax"\s*:\s*"(?<image>[^"]+)")""", RegexOptions.IgnoreCase | RegexOptions.Singleline)]
    private static partial Regex SyntaxDirective();

    [GeneratedRegex(@"\A(?:\s*#[^\n]*\n)*?\s*#\s*escape\s*=\s*(?<escape>[\\`])", RegexOptions.IgnoreCase)]
    private static partial Regex EscapeDirective();

    [GeneratedRegex(@"\A\s*(?:ONBUILD\s+)?(?<instruction>[A-Za-z]+)\s+(?<rest>.*)\z", RegexOptions.IgnoreCase | RegexOptions.Singleline)]
    private static partial Regex Instruction();

    [GeneratedRegex("""(?<![^\s])(?<name>[A-Za-z_][A-Za-z0-9_]*)(?:=(?<value>"[^"]*"|'[^']*'|\S*))?""")]
    private static partial Regex Argument();

    [GeneratedRegex(@"(?:--from=|--mount=\S*?\bfrom=)(?<image>[^\s,]+)")]
    private static partial Regex From();

    [GeneratedRegex(@"--mount=\S+")]
    private static partial Regex Mount();

    // Without a type it is a bind mount.
    [GeneratedRegex(@"[=,""']type=(?<type>cache|tmpfs|secret|ssh)\b")]
    private static partial Regex OtherMount();

    [GeneratedRegex(@"\$(?:\{(?<name>[A-Za-z_][A-Za-z0-9_]*)(?:(?<operator>:[-+])(?<word>[^}]*))?\}|(?<name>[A-Za-z_][A-Za-z0-9_]*))")]
    private static partial Regex Variable();
}
