using System.Globalization;

namespace ImageBuilder.Sandbox.Figures;

/// <summary>How repeated measurements are shown.</summary>
internal static class Times
{
    /// <summary>The median, and from the least to the most.</summary>
    public static string Text(List<double> times) => $"{Seconds(Median(times))} s ({Seconds(times.Min())} to {Seconds(times.Max())} s)";

    /// <summary>The one in the middle.</summary>
    public static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);

    /// <summary>With two decimals.</summary>
    public static string Seconds(double seconds) => seconds.ToString("0.00", CultureInfo.InvariantCulture);
}
