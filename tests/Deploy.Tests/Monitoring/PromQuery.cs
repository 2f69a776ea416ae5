using System.Text.RegularExpressions;

namespace ImageBuilder.Deploy.Tests.Monitoring;

/// <summary>What a PromQL expression asks for.</summary>
internal static partial class PromQuery
{
    private static readonly string[] Operators = ["and", "or", "unless", "bool", "offset", "by", "without", "on", "ignoring"];

    /// <summary>The names of its metrics.</summary>
    public static IReadOnlyList<string> MetricsOf(string expression)
    {
        var bare = Grouping().Replace(Braces().Replace(Text().Replace(expression, "\"\""), ""), "");
        return [.. Name().Matches(Range().Replace(bare, "")).Select(match => match.Value).Except(Operators)];
    }

    /// <summary>The labels that it chooses series by, each with the metric, and with the value that it must have where it must have a certain one.</summary>
    public static IEnumerable<(string Metric, string Label, string? Value)> LabelsOf(string expression) =>
        from selector in Selector().Matches(expression)
        from matcher in Matcher().Matches(selector.Groups[2].Value)
        select (selector.Groups[1].Value, matcher.Groups[1].Value, matcher.Groups[2].Value == "=" ? matcher.Groups[3].Value : null);

    /// <summary>The labels that it groups by.</summary>
    public static IEnumerable<string> GroupsOf(string expression) =>
        Grouping().Matches(expression).SelectMany(match => match.Groups[1].Value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries));

    [GeneratedRegex("\"(?:[^\"\\\\]|\\\\.)*\"")]
    private static partial Regex Text();

    [GeneratedRegex(@"\{[^}]*\}")]
    private static partial Regex Braces();

    [GeneratedRegex(@"\[[^\]]*\]")]
    private static partial Regex Range();

    [GeneratedRegex(@"\b(?:by|without|on|ignoring)\s*\(([^)]*)\)")]
    private static partial Regex Grouping();

    [GeneratedRegex(@"\b[A-Za-z_:][A-Za-z0-9_:]*\b(?!\s*\()")]
    private static partial Regex Name();

    [GeneratedRegex(@"([A-Za-z_:][A-Za-z0-9_:]*)\{([^}]*)\}")]
    private static partial Regex Selector();

    [GeneratedRegex("([A-Za-z_]+)\\s*(=~|!~|!=|=)\\s*\"([^\"]*)\"")]
    private static partial Regex Matcher();
}
