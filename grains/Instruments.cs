using System.Collections.Immutable;
using System.Text.Json;
using ImageBuilder.Builds.Lifecycle;
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

    private static readonly Counter BuildsDone = Metrics.CreateCounter(
        "gitpod_image_builder_builds_done_total", "Builds that ended.", new CounterConfiguration { LabelNames = ["success"] });

    private static readonly Counter BuildsFailed = Metrics.CreateCounter(
        "imagebuilder_builds_failed_total", "Builds that ended without an image, by why.", new CounterConfiguration { LabelNames = ["reason"] });

    private static readonly Counter AttemptsRetried = Metrics.CreateCounter(
        "imagebuilder_attempts_retried_total",
        "Attempts that failed for a reason of the place and were made again, by why.",
        new CounterConfiguration { LabelNames = ["reason"] });

    public static Counter BuildsStarted { get; } = Metrics.CreateCounter(
        "gitpod_image_builder_builds_started_total", "Builds that were started.");

    public static Gauge BuildsWaiting { get; } = Metrics.CreateGauge("imagebuilder_builds_waiting", "Builds of this silo that wait for their turn.");

    public static Gauge BuildsRunning { get; } = Metrics.CreateGauge("imagebuilder_builds_running", "Builds of this silo that have a builder.");

    public static Histogram QueueSeconds { get; } = Metrics.CreateHistogram(
        "imagebuilder_queue_seconds",
        "How long builds waited, until it was their turn or they were ended.",
        new HistogramConfiguration { Buckets = [.1, 1, 5, 15, 30, 60, 120, 300, 600, 1800, 3600] });

    public static Counter StorageFaults { get; } = Metrics.CreateCounter(
        "imagebuilder_storage_faults_total", "Times that what became of a build, or its log, could not be stored.");

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
        StorageFaults.Inc(0);
        foreach (var reason in Enum.GetValues<FailureReason>())
        {
            BuildsFailed.WithLabels(NameOf(reason)).Inc(0);
            if (AttemptPolicy.IsFaultOfPlace(reason))
            {
                AttemptsRetried.WithLabels(NameOf(reason)).Inc(0);
            }
        }

        foreach (var state in (string[])["build", "directory", "history", "queue"])
        {
            UnreadableStates.WithLabels(state).Inc(0);
        }
    }

    /// <summary>A build ended: with an image, or without one for <paramref name="reason"/>.</summary>
    public static void Ended(FailureReason? reason)
    {
        BuildsDone.WithLabels(reason is null ? "true" : "false").Inc();
        if (reason is { } known)
        {
            BuildsFailed.WithLabels(NameOf(known)).Inc();
        }
    }

    /// <summary>An attempt failed for <paramref name="reason"/> and is made again.</summary>
    public static void Retried(FailureReason reason) => AttemptsRetried.WithLabels(NameOf(reason)).Inc();

    /// <summary>A question for a digest was answered.</summary>
    public static void Resolved(ResolveOutcome outcome, AnswerSource source, TimeSpan waited)
    {
        ResolvesByOutcome[(int)outcome][(int)source].Inc();
        SecondsBySource[(int)source].Observe(waited.TotalSeconds);
    }

    private static string NameOf(FailureReason reason) => JsonNamingPolicy.SnakeCaseLower.ConvertName(reason.ToString());
}
