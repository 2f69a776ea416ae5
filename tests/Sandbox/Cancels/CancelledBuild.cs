using System.Diagnostics;
using System.Text;
using Grpc.Core;
using ImageBuilder.Contracts;
using ImageBuilder.Contracts.V1;
using ImageBuilder.Sandbox.Kills;
using ImageBuilder.Sandbox.Service;
using Build = ImageBuilder.Contracts.V1.Build;
using BuildStatus = ImageBuilder.Contracts.V1.BuildStatus;

namespace ImageBuilder.Sandbox.Cancels;

/// <summary>A build that is ordered, reaches a moment of its life, and is cancelled.</summary>
/// <param name="client">A client of the service.</param>
/// <param name="leftovers">Looks for what is left of builds.</param>
/// <param name="order">The order.</param>
/// <param name="mark">What the processes of its steps have in their environment.</param>
internal sealed class CancelledBuild(ServiceClient client, Leftovers leftovers, BuildRequest order, string mark)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private string _id = string.Empty;

    /// <summary>Orders the build, cancels it <paramref name="delay"/> after <paramref name="moment"/>, and says what came of it.</summary>
    /// <param name="moment">After what it is cancelled.</param>
    /// <param name="delay">How long after that.</param>
    /// <param name="deaf">Whether its builder is stopped just before, so that it cannot clean up.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<CancelledOutcome> RunAsync(Moment moment, TimeSpan delay, bool deaf, CancellationToken cancellationToken)
    {
        using var call = client.Rpc.Build(order, cancellationToken: cancellationToken);
        await call.ResponseStream.MoveNext(cancellationToken);
        _id = call.ResponseStream.Current.Info.BuildId;
        var processes = new BuildProcesses(leftovers.Work, Guid.Parse(_id), mark);
        await ReachAsync(moment, cancellationToken);
        await Task.Delay(delay, cancellationToken);

        var before = await client.Builds.GetBuildAsync(new GetBuildRequest { BuildId = _id }, cancellationToken: cancellationToken);
        if (deaf)
        {
            processes.Stop("build");
        }

        var (took, stubborn) = await CancelAsync(processes, cancellationToken);
        var end = await EndAsync(cancellationToken);
        var again = await RequestAsync(cancellationToken);
        return new CancelledOutcome(before.Status, end, took, [.. stubborn, .. Contradictions(end, again)]);
    }

    /// <summary>Cancels the build; gives how long it took until its last process was gone, if it had any, and those that stayed.</summary>
    private async Task<(TimeSpan? Took, IReadOnlyList<string> Stubborn)> CancelAsync(BuildProcesses processes, CancellationToken cancellationToken)
    {
        leftovers.NoteSteps();

        // Also those whose signs will be gone with the folder.
        var alive = processes.Alive();
        var had = alive.Count > 0;
        var start = Stopwatch.GetTimestamp();
        var requests = Task.WhenAll(RequestAsync(cancellationToken), RequestAsync(cancellationToken));
        var ended = EndAsync(cancellationToken);
        TimeSpan? took = null;
        while (!ended.IsCompleted || alive.Count > 0)
        {
            await Task.Delay(Pause, cancellationToken);
            alive = processes.Alive();
            had |= alive.Count > 0;
            took = alive.Count > 0 ? null : took ?? Stopwatch.GetElapsedTime(start);
            if (Stopwatch.GetElapsedTime(start) > Patience)
            {
                return (null, [.. alive, .. ended.IsCompleted ? Array.Empty<string>() : [$"build {_id} did not end"]]);
            }
        }

        await requests;
        return (had ? took : null, processes.Alive());
    }

    private async Task<Build> RequestAsync(CancellationToken cancellationToken) =>
        await client.Builds.CancelBuildAsync(new CancelBuildRequest { BuildId = _id, By = "sandbox" }, cancellationToken: cancellationToken);

    private Task<Build> EndAsync(CancellationToken cancellationToken) => WatchAsync(build => build.EndTime is not null, cancellationToken);

    private Task ReachAsync(Moment moment, CancellationToken cancellationToken) => moment switch
    {
        Moment.Running => WatchAsync(build => build.Status >= BuildStatus.Running, cancellationToken),
        Moment.Pulling => FollowAsync("STEP 1/", cancellationToken),
        Moment.Step => FollowAsync(StubbornDockerfile.Started, cancellationToken),
        Moment.Pushing => FollowAsync(StubbornDockerfile.Stored, cancellationToken),
        Moment.Verifying => WatchAsync(build => build.Status >= BuildStatus.Verifying, cancellationToken),
        _ => Task.CompletedTask,
    };

    private async Task<Build> WatchAsync(Func<Build, bool> condition, CancellationToken cancellationToken)
    {
        using var watch = client.Builds.WatchBuild(new WatchBuildRequest { BuildId = _id }, cancellationToken: cancellationToken);
        await foreach (var build in watch.ResponseStream.ReadAllAsync(cancellationToken))
        {
            if (condition(build))
            {
                return build;
            }
        }

        throw new InvalidOperationException($"the watch of build {_id} ended before the build did");
    }

    private async Task FollowAsync(string text, CancellationToken cancellationToken)
    {
        var log = new StringBuilder();
        using var read = client.Builds.ReadLog(new ReadLogRequest { BuildId = _id, Follow = true }, cancellationToken: cancellationToken);
        await foreach (var part in read.ResponseStream.ReadAllAsync(cancellationToken))
        {
            if (log.Append(part.Content.ToStringUtf8()).ToString().Contains(text, StringComparison.Ordinal))
            {
                return;
            }
        }

        throw new InvalidOperationException($"build {_id} ended before its log said \"{text}\":\n{log}");
    }

    private IEnumerable<string> Contradictions(Build end, Build again)
    {
        if (end is not ({ Status: BuildStatus.Succeeded } or { Status: BuildStatus.Cancelled, Failure.Reason: FailureReason.Cancelled }))
        {
            yield return $"build {_id} ended as {end.Status}: {end.Failure?.Message}";
        }

        if ((again.Version, again.Status) != (end.Version, end.Status))
        {
            yield return $"build {_id} had ended as {end.Status}, and was {again.Status} when it was cancelled again";
        }
    }
}
