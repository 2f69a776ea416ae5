using System.Globalization;

namespace ImageBuilder.Sandbox.Cluster;

/// <summary>Metrics as a server shows them.</summary>
public static class MetricsText
{
    /// <summary>The sum of the series of <paramref name="metric"/> with all of <paramref name="labels"/>, each written as <c>name="value"</c>.</summary>
    public static double Sum(string text, string metric, params string[] labels) => text.Split('\n')
        .Where(line => IsOf(line, metric) && labels.All(label => line.Contains(label, StringComparison.Ordinal)))
        .Sum(line => double.Parse(line.AsSpan(line.LastIndexOf(' ') + 1), CultureInfo.InvariantCulture));

    private static bool IsOf(string line, string metric) =>
        line.Length > metric.Length && line.StartsWith(metric, StringComparison.Ordinal) && line[metric.Length] is '{' or ' ';
}
