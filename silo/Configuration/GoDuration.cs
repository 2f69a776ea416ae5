using System.Globalization;
using System.Text.RegularExpressions;

namespace ImageBuilder.Silo.Configuration;

/// <summary>Durations as Go's <c>time.ParseDuration</c> takes and <c>Duration.String</c> writes them.</summary>
internal static partial class GoDuration
{
    private const int LongestText = 64;

    /// <summary>
    /// Takes an optional sign and one or more decimal numbers with a unit (ns, us, µs, ms, s, m, h), such as <c>1h30m0s</c>, <c>1.5h</c>, <c>300ms</c>, or
    /// a bare <c>0</c>. What is below 100 ns is cut off. A value beyond Go's range (about 292 years) is refused.
    /// </summary>
    /// <exception cref="FormatException">The text is not such a duration.</exception>
    public static TimeSpan Parse(string text)
    {
        if (text is "0" or "+0" or "-0")
        {
            return TimeSpan.Zero;
        }

        var match = text.Length <= LongestText ? Pattern().Match(text) : Match.Empty;
        if (!match.Success)
        {
            throw new FormatException("It is not a Go duration such as 1h30m0s.");
        }

        var nanoseconds = 0m;
        foreach (var (number, unit) in match.Groups["number"].Captures.Zip(match.Groups["unit"].Captures))
        {
            var perUnit = NanosecondsOf(unit.Value);
            if (!decimal.TryParse(number.ValueSpan, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var count)
                || count > (long.MaxValue - nanoseconds) / perUnit)
            {
                throw new FormatException("It is longer than a Go duration can be.");
            }

            nanoseconds += count * perUnit;
        }

        var ticks = (long)(nanoseconds / TimeSpan.NanosecondsPerTick);
        return TimeSpan.FromTicks(text[0] == '-' ? -ticks : ticks);
    }

    /// <summary>Writes hours, minutes and seconds, leaving out leading zeros: <c>6h0m0s</c>, <c>1m30s</c>, <c>0.3s</c>, <c>0s</c>.</summary>
    public static string Format(TimeSpan value)
    {
        var length = value.Duration();
        var hours = (long)length.TotalHours;
        var seconds = (length.Ticks % TimeSpan.TicksPerMinute / (decimal)TimeSpan.TicksPerSecond).ToString("0.#######", CultureInfo.InvariantCulture);
        return (value < TimeSpan.Zero ? "-" : "")
            + (hours > 0 ? $"{hours}h" : "")
            + (hours > 0 || length.Minutes > 0 ? $"{length.Minutes}m" : "")
            + $"{seconds}s";
    }

    private static decimal NanosecondsOf(string unit) => unit switch
    {
        "ns" => 1m,
        "us" or "µs" or "μs" => 1_000m,
        "ms" => 1_000_000m,
        "s" => 1_000_000_000m,
        "m" => 60_000_000_000m,
        _ => 3_600_000_000_000m,
    };

    // Both micro signs, U+00B5 and U+03BC, as Go takes both.
    [GeneratedRegex(@"^[-+]?((?<number>[0-9]+\.?[0-9]*|\.[0-9]+)(?<unit>ns|us|\u00b5s|\u03bcs|ms|s|m|h))+\z", RegexOptions.CultureInvariant)]
    private static partial Regex Pattern();
}
