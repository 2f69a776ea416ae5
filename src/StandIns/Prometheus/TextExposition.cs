using System.Globalization;
using System.Text;

namespace Prometheus;

/// <summary>Metrics in the Prometheus text format, version 0.0.4.</summary>
internal sealed class TextExposition
{
    public const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    private readonly StringBuilder _text = new();

    /// <summary>Label pairs as they stand between the braces.</summary>
    public static string Labels(string[] names, string[] values) =>
        string.Join(',', names.Zip(values, (name, value) => $"{name}=\"{EscapeLabel(value)}\""));

    public void Family(Collector collector) => _text
        .Append("# HELP ").Append(collector.Name).Append(' ').Append(EscapeHelp(collector.Help)).Append('\n')
        .Append("# TYPE ").Append(collector.Name).Append(' ').Append(collector.TypeName).Append('\n');

    public void Sample(string name, string suffix, string labels, double value)
    {
        _text.Append(name).Append(suffix);
        if (labels.Length > 0)
        {
            _text.Append('{').Append(labels).Append('}');
        }

        _text.Append(' ').Append(Number(value)).Append('\n');
    }

    public void Bucket(string name, string labels, double bound, long cumulative) => _text
        .Append(name).Append("_bucket{").Append(labels).Append(labels.Length > 0 ? "," : string.Empty)
        .Append("le=\"").Append(Number(bound)).Append("\"} ").Append(cumulative.ToString(CultureInfo.InvariantCulture)).Append('\n');

    public byte[] ToUtf8() => Encoding.UTF8.GetBytes(_text.ToString());

    private static string EscapeHelp(string text) =>
        text.Replace(@"\", @"\\", StringComparison.Ordinal).Replace("\n", @"\n", StringComparison.Ordinal);

    private static string EscapeLabel(string text) => EscapeHelp(text).Replace("\"", "\\\"", StringComparison.Ordinal);

    private static string Number(double value) => value switch
    {
        double.PositiveInfinity => "+Inf",
        double.NegativeInfinity => "-Inf",
        _ => value.ToString("g", CultureInfo.InvariantCulture),
    };
}
