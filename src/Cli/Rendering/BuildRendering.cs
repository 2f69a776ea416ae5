using System.Globalization;
using Google.Protobuf.WellKnownTypes;
using ImageBuilder.Cli.Requests;
using ImageBuilder.Contracts.V1;
using Spectre.Console;

namespace ImageBuilder.Cli.Rendering;

/// <summary>Builds for people: tables on a terminal, lines with tabs elsewhere.</summary>
internal static class BuildRendering
{
    /// <summary>Everything about one build, a line each.</summary>
    public static void Write(Build build)
    {
        foreach (var (name, value) in Lines(build).Where(line => line.Value.Length > 0))
        {
            Console.WriteLine($"{name + ":",-16} {value}");
        }

        foreach (var line in build.Failure?.LastLogLines ?? [])
        {
            Console.WriteLine($"  {line}");
        }
    }

    /// <summary>A list of builds.</summary>
    public static void Write(IAnsiConsole console, IEnumerable<Build> builds) => Write(
        console,
        ["build", "status", "owner", "created", "took", "image"],
        builds.Select(build => new[]
        {
            build.BuildId,
            Status(build) + (build.Pinned ? " (pinned)" : string.Empty),
            build.Owner,
            Time(build.CreateTime),
            build.EndTime is null ? string.Empty : Span(build.EndTime.ToDateTimeOffset() - build.CreateTime.ToDateTimeOffset()),
            build.WorkspaceRef,
        }));

    /// <summary>The queue.</summary>
    public static void Write(IAnsiConsole console, Queue queue)
    {
        if (!Console.IsOutputRedirected)
        {
            console.WriteLine(
                $"{queue.Running.Count} running, {queue.Waiting.Count} waiting; at once: {Limit(queue.Concurrency)} in total, {Limit(queue.ConcurrencyPerOwner)} of one owner"
                + (queue.WaitingDeadline is { } deadline ? $"; waiting at most {Span(deadline.ToTimeSpan())}" : string.Empty));
        }

        Write(
            console,
            ["place", "build", "owner", "priority", "since"],
            queue.Running.Select(build => Row("running", build)).Concat(queue.Waiting.Select((build, place) => Row($"{place + 1}", build))));
    }

    /// <summary>A build as it stands, in one line.</summary>
    public static string Line(Build build) =>
        $"{Time(build.UpdateTime)}  {Status(build)}"
        + (build.Status == BuildStatus.Queued && build.HasBuildsAhead ? $", {build.BuildsAhead} ahead" : string.Empty)
        + (build.Attempt > 1 ? $", attempt {build.Attempt}" : string.Empty)
        + (build.CancelRequested && build.EndTime is null ? ", to be cancelled" : string.Empty)
        + (build.Failure is { } failure ? $": {failure.Message}" : string.Empty)
        + (build.Digest.Length > 0 ? $": {build.WorkspaceRef}@{build.Digest}" : string.Empty);

    private static IEnumerable<(string Name, string Value)> Lines(Build build) =>
    [
        ("build", build.BuildId),
        ("status", Status(build) + (build.CancelRequested && build.EndTime is null ? ", to be cancelled" : string.Empty)),
        ("version", build.Version.ToString(CultureInfo.InvariantCulture)),
        ("image", build.WorkspaceRef),
        ("digest", build.Digest),
        ("base", build.BaseRef),
        ("owner", build.Owner),
        ("priority", Words.Of(build.Priority)),
        .. (build.Extras?.BuildArgs ?? []).OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => ("build argument", $"{pair.Key}={pair.Value}")),
        .. (build.Extras?.Labels ?? []).OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => ("label", $"{pair.Key}={pair.Value}")),
        ("stage", build.Extras?.TargetStage ?? string.Empty),
        ("platform", build.Extras?.Platform ?? string.Empty),
        ("cache", build.NoCache ? "off" : string.Empty),
        ("attempts", build.Attempt.ToString(CultureInfo.InvariantCulture)),
        ("builds ahead", build.HasBuildsAhead ? build.BuildsAhead.ToString(CultureInfo.InvariantCulture) : string.Empty),
        ("created", Time(build.CreateTime)),
        ("started", Time(build.StartTime)),
        ("ended", Time(build.EndTime)),
        ("deadline", build.EndTime is null ? Time(build.Deadline) : string.Empty),
        ("pinned", build.Pinned ? "yes" : "no"),
        ("failure", build.Failure?.Message ?? string.Empty),
    ];

    private static void Write(IAnsiConsole console, string[] columns, IEnumerable<string[]> rows)
    {
        if (Console.IsOutputRedirected)
        {
            foreach (var row in rows)
            {
                Console.WriteLine(string.Join('\t', row));
            }

            return;
        }

        var table = new Table().AddColumns(columns);
        foreach (var row in rows)
        {
            table.AddRow(row.Select(cell => new Text(cell)));
        }

        console.Write(table);
    }

    private static string[] Row(string place, QueuedBuild build) => [place, build.BuildId, build.Owner, Words.Of(build.Priority), Time(build.Since)];

    private static string Status(Build build) => build.Status == BuildStatus.Failed && build.Failure is { } failure
        ? $"{Words.Of(build.Status)}: {Words.Of(failure.Reason)}"
        : Words.Of(build.Status);

    private static string Time(Timestamp? time) => time?.ToDateTimeOffset().ToString("u", CultureInfo.InvariantCulture) ?? string.Empty;

    private static string Span(TimeSpan span) => span.TotalSeconds < 60
        ? string.Create(CultureInfo.InvariantCulture, $"{span.TotalSeconds:0.0} s")
        : span.ToString("c", CultureInfo.InvariantCulture).Split('.')[0];

    private static string Limit(int limit) => limit == 0 ? "any number" : limit.ToString(CultureInfo.InvariantCulture);
}
