using Prometheus;

namespace ImageBuilder.Grains;

/// <summary>Every metric that the grains keep.</summary>
internal static class Instruments
{
    public static Counter BuildsStarted { get; } = Metrics.CreateCounter(
        "gitpod_image_builder_builds_started_total", "Builds that were started.");

    public static Counter BuildsDone { get; } = Metrics.CreateCounter(
        "gitpod_image_builder_builds_done_total", "Builds that ended.", new CounterConfiguration { LabelNames = ["success"] });

    /// <summary>Makes every series, so that the first scrape shows it and a rate has a zero to start from.</summary>
    public static void Publish()
    {
        BuildsStarted.Inc(0);
        BuildsDone.WithLabels("true").Inc(0);
        BuildsDone.WithLabels("false").Inc(0);
    }
}
