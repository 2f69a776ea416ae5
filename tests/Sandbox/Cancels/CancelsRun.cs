using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json.Nodes;
using ImageBuilder.Sandbox.Figures;
using ImageBuilder.Sandbox.Git;
using ImageBuilder.Sandbox.Images;
using ImageBuilder.Sandbox.Kills;
using ImageBuilder.Sandbox.Service;
using ImageBuilder.Sandbox.Tests;
using BuildStatus = ImageBuilder.Contracts.V1.BuildStatus;

namespace ImageBuilder.Sandbox.Cancels;

/// <summary>Cancels builds at the service, and ends builders without one, at random moments; measures how long it takes, and looks for what is left.</summary>
public static class CancelsRun
{
    private const string Repository = "cancels.git";
    private const int AtOnce = 4;
    private const int Concurrency = 3;
    private const int MostMillisecondsLater = 600;
    private const int OneDeafOf = 7;
    private const string LastDockerfile = "Dockerfile.last";

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    /// <summary>Runs it all, writing what is found to <paramref name="output"/>; 0 when nothing took too long and nothing was left.</summary>
    public static async Task<int> RunAsync(CancelsOptions options, TextWriter output, CancellationToken cancellationToken)
    {
        await output.WriteLineAsync($"{options.Cancels} cancels, {options.Kills} builders of {string.Join(" and ", options.Engines)} ended by signals, seed {options.Seed}");
        return await Proof.RunAsync("cancels", "nothing took too long, and nothing was left behind", output, async folder =>
        {
            var random = new Random(options.Seed);
            await using var surroundings = await Surroundings.StartAsync(folder, cancellationToken: cancellationToken);
            var found = await CancelAsync(options, surroundings, Path.Combine(folder, "service"), random, output, cancellationToken);
            foreach (var engine in options.Engines)
            {
                found.AddRange(await new BuilderKills(surroundings, engine, Path.Combine(folder, engine)).RunAsync(options.Kills, random, output, cancellationToken));
            }

            return found;
        });
    }

    private static async Task<List<string>> CancelAsync(
        CancelsOptions options, Surroundings surroundings, string folder, Random random, TextWriter output, CancellationToken cancellationToken)
    {
        if (options.Cancels == 0)
        {
            return [];
        }

        var plans = Plan(options.Cancels, random);
        await CommitAsync(plans, surroundings, cancellationToken);
        await using var service = await ServiceProcess.StartAsync(
            new ServiceOptions
            {
                DataFolder = folder,
                RegistryHost = surroundings.Registry.Host,
                AuthFile = surroundings.Registry.AuthFile,
                Amend = configuration => configuration["queue"] = new JsonObject { ["concurrency"] = Concurrency },
            },
            cancellationToken);
        using var client = new ServiceClient(service.Address);
        var leftovers = new Leftovers(Path.Combine(folder, "data"));
        var outcomes = new ConcurrentBag<CancelledOutcome>();
        await Parallel.ForEachAsync(plans, new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellationToken }, async (plan, _) =>
        {
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            patience.CancelAfter(Patience);
            var order = BuildRequests.FromGit(surroundings.Git.Url(Repository), plan.Dockerfile, plan.Mark);
            outcomes.Add(await new CancelledBuild(client, leftovers, order, plan.Mark).RunAsync(plan.Moment, plan.Delay, plan.Deaf, patience.Token));
        });
        List<string> found = [.. outcomes.SelectMany(outcome => outcome.Problems)];
        foreach (var done in outcomes.Where(outcome => outcome.End.Status == BuildStatus.Succeeded))
        {
            if (await PushedImage.PullAsync(surroundings.Registry, done.End.WorkspaceRef, cancellationToken) is null)
            {
                found.Add($"build {done.End.BuildId} is said to have succeeded, and there is no image");
            }
        }

        // What builders could not clean up that did not hear that they should, the next one does.
        var last = await client.BuildAsync(BuildRequests.FromGit(surroundings.Git.Url(Repository), LastDockerfile, "1"), Stream.Null, cancellationToken);
        if (last[^1].Status != Contracts.BuildStatus.DoneSuccess)
        {
            found.Add($"the next build failed: {last[^1].Message}");
        }

        found.AddRange(await leftovers.WaitAsync(cancellationToken));
        found.AddRange(await ReportAsync(options, [.. outcomes], output));
        return found;
    }

    private static List<CancelPlan> Plan(int cancels, Random random) =>
    [
        .. Enumerable.Range(0, cancels).Select(index => new CancelPlan(
            (Moment)(index % Enum.GetValues<Moment>().Length),
            TimeSpan.FromMilliseconds(random.Next(index % Enum.GetValues<Moment>().Length == (int)Moment.Verifying ? 1 : MostMillisecondsLater)),
            index % OneDeafOf == 0,
            $"Dockerfile.{index}",
            Guid.NewGuid().ToString("N"))),
    ];

    private static async Task CommitAsync(List<CancelPlan> plans, Surroundings surroundings, CancellationToken cancellationToken)
    {
        var files = new Dictionary<string, string> { [LastDockerfile] = $"FROM {surroundings.BaseImage}\nRUN true\n" };
        foreach (var plan in plans)
        {
            // An image that the engine has is not pulled again.
            var image = plan.Moment == Moment.Pulling ? await BaseImage.PushAsync(surroundings.Registry, $"pulled/{plan.Mark}", ballast: 8 << 20, cancellationToken: cancellationToken) : surroundings.BaseImage;
            files[plan.Dockerfile] = StubbornDockerfile.Text(image, plan.Mark);
        }

        var repository = await GitRepository.CreateAsync(Path.Combine(surroundings.Repositories, Repository), cancellationToken);
        await repository.CommitAsync(files, cancellationToken: cancellationToken);
    }

    private static async Task<IEnumerable<string>> ReportAsync(CancelsOptions options, List<CancelledOutcome> outcomes, TextWriter output)
    {
        foreach (var group in outcomes.GroupBy(outcome => outcome.Before).OrderBy(group => group.Key))
        {
            await output.WriteLineAsync($"{group.Count()} cancelled when {group.Key}: {string.Join(", ", group.GroupBy(outcome => outcome.End.Status).Select(ends => $"{ends.Count()} ended as {ends.Key}"))}");
        }

        var times = outcomes.Select(outcome => outcome.Took).OfType<TimeSpan>().Order().ToArray();
        if (times.Length == 0)
        {
            return ["no build that was cancelled had a process"];
        }

        var p99 = Percentiles.Of(times, 0.99);
        await output.WriteLineAsync(string.Create(
            CultureInfo.InvariantCulture,
            $"from the call to the end of the last process, of {times.Length} builds that had any: p50 {Percentiles.Of(times, 0.5):0} ms, p99 {p99:0} ms, max {Percentiles.Of(times, 1):0} ms; goal: a p99 under {options.Limit.TotalMilliseconds:0} ms"));
        return p99 > options.Limit.TotalMilliseconds ? ["cancelling takes too long"] : [];
    }

    private sealed record CancelPlan(Moment Moment, TimeSpan Delay, bool Deaf, string Dockerfile, string Mark);
}
