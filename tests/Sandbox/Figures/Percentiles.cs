namespace ImageBuilder.Sandbox.Figures;

/// <summary>Percentiles of times.</summary>
internal static class Percentiles
{
    /// <summary>The time, in milliseconds, that a <paramref name="share"/> of them (1: all) does not exceed.</summary>
    public static double Of(TimeSpan[] sorted, double share) =>
        sorted[Math.Min(sorted.Length - 1, (int)(sorted.Length * share))].TotalMilliseconds;
}
