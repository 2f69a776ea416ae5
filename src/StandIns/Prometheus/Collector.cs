using System.Text.RegularExpressions;

namespace Prometheus;

/// <summary>A metric: its name, help and labels.</summary>
public abstract partial class Collector
{
    private protected Collector(string name, string help, string[] labelNames)
    {
        if (!MetricName().IsMatch(name))
        {
            throw new ArgumentException($"Metric name '{name}' does not match regex '{MetricName()}'.", nameof(name));
        }

        foreach (var label in labelNames)
        {
            if (!LabelName().IsMatch(label) || label.StartsWith("__", StringComparison.Ordinal))
            {
                throw new ArgumentException($"Label name '{label}' does not match regex '{LabelName()}' or starts with '__'.", nameof(labelNames));
            }
        }

        Name = name;
        Help = help ?? string.Empty;
        LabelNames = [.. labelNames];
    }

    /// <summary>The name.</summary>
    public string Name { get; }

    /// <summary>What it counts.</summary>
    public string Help { get; }

    /// <summary>Names of the labels.</summary>
    public string[] LabelNames { get; }

    internal abstract string TypeName { get; }

    internal abstract void WriteSeries(TextExposition text);

    [GeneratedRegex("^[a-zA-Z_:][a-zA-Z0-9_:]*$", RegexOptions.CultureInvariant)]
    private static partial Regex MetricName();

    [GeneratedRegex("^[a-zA-Z_][a-zA-Z0-9_]*$", RegexOptions.CultureInvariant)]
    private static partial Regex LabelName();
}
