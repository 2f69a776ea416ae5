using System.Text;
using System.Text.RegularExpressions;
using ImageBuilder.Registry.Names;

namespace ImageBuilder.Bob.Build;

/// <summary>
/// Reads from a Dockerfile which registries it takes images from: FROM, COPY --from and RUN --mount from. It need not understand more, and what it
/// overlooks is not let through: the engine is told to refuse every registry that is not found here.
/// </summary>
/// <param name="Registries">The registries that the Dockerfile names, and Docker Hub, which every short name means.</param>
/// <param name="HasBindMounts">Whether a RUN step sees files of the context, a stage or an image through a mount.</param>
internal sealed partial record Dockerfile(IReadOnlyCollection<string> Registries, bool HasBindMounts)
{
    /// <summary>The largest Dockerfile that is read, in bytes.</summary>
    public const int MaximumSize = 4 << 20;

    /// <summary>Reads <paramref name="text"/>.</summary>
    public static Dockerfile Parse(string text)
    {
        var hasBindMounts = false;
        var registries = new SortedSet<string>(StringComparer.Ordinal) { RegistryHost.DockerHub };
        var stages = new HashSet<string>(StringComparer.OrdinalIgnoreCase) { "scratch" };
        var arguments = new Dictionary<string, string>(StringComparer.Ordinal);
        var inStage = false;
        foreach (var (instruction, rest) in Instructions(text))
        {
            switch (instruction)
            {
                case "ARG" when !inStage:
                    foreach (Match pair in Argument().Matches(rest))
                    {
                        arguments[pair.Groups["name"].Value] = Expand(pair.Groups["value"].Value.Trim('"', '\''), arguments);
                    }

                    break;
                case "FROM":
                    inStage = true;
                    var words = rest.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).SkipWhile(word => word.StartsWith("--", StringComparison.Ordinal)).ToList();
                    if (words.Count > 0)
                    {
                        Add(Expand(words[0].Trim('"'), arguments));
                    }

                    if (words is [_, var keyword, var name, ..] && keyword.Equals("AS", StringComparison.OrdinalIgnoreCase))
                    {
                        stages.Add(name);
                    }

                    break;
                case "COPY" or "ADD" or "RUN":
                    hasBindMounts |= Mount().Matches(rest).Any(mount => !OtherMount().IsMatch(mount.Value));
                    foreach (Match from in From().Matches(rest))
                    {
                        Add(Expand(from.Groups["image"].Value.Trim('"', '\''), arguments));
                    }

                    break;
            }
        }

        return new Dockerfile(registries, hasBindMounts);

        void Add(string image)
        {
            if (!stages.Contains(image) && ImageReference.TryParse(image, out var reference))
            {
                registries.Add(reference.Domain);
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

    [GeneratedRegex(@"\A(?:\s*#[^\n]*\n)*?\s*#\s*escape\s*=\s*(?<escape>[\\`])", RegexOptions.IgnoreCase)]
    private static partial Regex EscapeDirective();

    [GeneratedRegex(@"\A\s*(?:ONBUILD\s+)?(?<instruction>[A-Za-z]+)\s+(?<rest>.*)\z", RegexOptions.IgnoreCase | RegexOptions.Singleline)]
    private static partial Regex Instruction();

    [GeneratedRegex("""(?<name>[A-Za-z_][A-Za-z0-9_]*)=(?<value>"[^"]*"|'[^']*'|\S*)""")]
    private static partial Regex Argument();

    [GeneratedRegex(@"(?:--from=|--mount=\S*?\bfrom=)(?<image>[^\s,]+)")]
    private static partial Regex From();

    [GeneratedRegex(@"--mount=\S+")]
    private static partial Regex Mount();

    // Without a type it is a bind mount.
    [GeneratedRegex(@"[=,""']type=(?:cache|tmpfs|secret|ssh)\b")]
    private static partial Regex OtherMount();

    [GeneratedRegex(@"\$(?:\{(?<name>[A-Za-z_][A-Za-z0-9_]*)(?:(?<operator>:[-+])(?<word>[^}]*))?\}|(?<name>[A-Za-z_][A-Za-z0-9_]*))")]
    private static partial Regex Variable();
}
