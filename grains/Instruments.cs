using System.Collections.Immutable;
using ImageBuilder.Grains.Messages;
using ImageBuilder.Grains.References;
using Prometheus;

namespace ImageBuilder.Grains;

/// <summary>Every metric that the grains keep.</summary>
internal static class Instruments
{
    private static readonly string[] Outcomes = ["found", "not_found", "denied", "rate_limited", "failed", "unusable"];
    private static readonly string[] Sources = ["cache", "stale", "HEAD", "GET", "shared", "none"];

    private static readonly Counter Resolves = Metrics.CreateCounter(
        "imagebuilder_resolves_total",
        "Answered questions for the digest of an image, by outcome and by where the answer came from.",
        new CounterConfiguration { LabelNames = ["outcome", "source"] });

    private static readonly Histogram ResolveSeconds = Metrics.CreateHistogram(
        "imagebuilder_resolve_seconds",
        "How long a question for the digest of an image waited for its answer, by where the answer came from.",
        new HistogramConfiguration { LabelNames = ["source"], Buckets = [.0001, .001, .005, .025, .1, .25, .5, 1, 2.5, 5, 10, 30, 60, 300] });

    // Series of the hot path, looked up once.
    private static readonly ImmutableArray<ImmutableArray<Counter.Child>> ResolvesByOutcome =
        [.. Outcomes.Select(outcome => Sources.Select(source => Resolves.WithLabels(outcome, source)).ToImmutableArray())];

    private static readonly ImmutableArray<Histogram.Child> SecondsBySource = [.. Sources.Select(source => ResolveSeconds.WithLabels(source))];

    public static Counter BuildsStarted { get; } = Metrics.CreateCounter(
        "gitpod_image_builder_builds_started_total", "Builds that were started.");

    public static Counter BuildsDone { get; } = Metrics.CreateCounter(
        "gitpod_image_builder_builds_done_total", "Builds that ended.", new CounterConfiguration { LabelNames = ["success"] });

    public static Counter UnreadableStates { get; } = Metrics.CreateCounter(
        "imagebuilder_unreadable_states_total",
        "States that could not be read and were put aside, by what they were the state of.",
        new CounterConfiguration { LabelNames = ["state"] });

    /// <summary>Makes every series, so that the first scrape shows it and a rate has a zero to start from.</summary>
    public static void Publish()
    {
        BuildsStarted.Inc(0);
        BuildsDone.WithLabels("true").Inc(0);
        BuildsDone.WithLabels("false").Inc(0);
        foreach (var state in (string[])["build", "directory", "queue"])
        {
            UnreadableStates.WithLabels(state).Inc(0);
        }
    }

    /// <summary>A question for a digest was answered.</summary>
    public static void Resolved(ResolveOutcome outcome, AnswerSource source, TimeSpan waited)
    {
        ResolvesByOutcome[(int)outcome][(int)source].Inc();
        SecondsBySource[(int)source].Observe(waited.TotalSeconds);
    }
}
