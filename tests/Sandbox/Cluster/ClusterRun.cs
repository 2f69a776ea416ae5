using System.Diagnostics;
using System.Globalization;
using Grpc.Net.Client;
using ImageBuilder.Contracts;
using ImageBuilder.Sandbox.Figures;
using ImageBuilder.Sandbox.Kills;
using ImageBuilder.Sandbox.Tests;
using BuilderService = ImageBuilder.Contracts.ImageBuilder;
using BuildStatus = ImageBuilder.Contracts.V1.BuildStatus;

namespace ImageBuilder.Sandbox.Cluster;

/// <summary>Loses silos, the database and the network of a cluster while builds are followed through both gateways, and looks whether anything else was lost.</summary>
public static class ClusterRun
{
    // Up to 20 seconds a build, so that whatever is lost meets some that run.
    private const int MostLines = 400;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(15);
    private static readonly TimeSpan Settle = TimeSpan.FromSeconds(12);
    private static readonly TimeSpan Cut = TimeSpan.FromSeconds(20);

    /// <summary>Runs it all, writing what is found to <paramref name="output"/>; 0 when nothing was lost, and no gap was too long.</summary>
    public static async Task<int> RunAsync(ClusterOptions options, TextWriter output, CancellationToken cancellationToken)
    {
        await output.WriteLineAsync(
            $"3 silos, 2 gateways, {options.Builds} builds with followers on both, {options.Kills} kills, {options.Real} builds by bob, {(options.Tls ? "TLS" : "no TLS")} between them, seed {options.Seed}");
        return await Proof.RunAsync("cluster", "nothing was lost or doubled, and no stream ended early", output, async folder =>
        {
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            patience.CancelAfter(Patience);
            return
            [
                .. await RunScriptedAsync(options, Path.Combine(folder, "scripted"), output, patience.Token),
                .. await RunRealAsync(options, Path.Combine(folder, "real"), output, patience.Token),
            ];
        });
    }

    private static async Task<List<string>> RunScriptedAsync(ClusterOptions options, string folder, TextWriter output, CancellationToken cancellationToken)
    {
        if (options is { Builds: 0, Crowd.Builds: 0, Rolling: false })
        {
            return [];
        }

        await using var world = await ClusterWorld.StartAsync(folder, options.CutOff, options.Tls, withBob: false, cancellationToken);
        List<string> found =
        [
            .. await new ClusterCrowds(world, output).RunAsync(options.Crowd.Builds, options.Crowd.Resolves, cancellationToken),
            .. await LoseAsync(options, world, output, cancellationToken),
            .. await new RollingRestart(world, output).RunAsync(options.Rolling, new Random(options.Seed), cancellationToken),
        ];
        await TellLogsAsync(found, world, output);
        return found;
    }

    private static async Task<List<string>> RunRealAsync(ClusterOptions options, string folder, TextWriter output, CancellationToken cancellationToken)
    {
        if (options.Real == 0)
        {
            return [];
        }

        await using var world = await ClusterWorld.StartAsync(folder, withCell: false, options.Tls, withBob: true, cancellationToken);
        using var builds = new RealBuilds(world, output);
        List<string> found = [.. await builds.RunAsync(options.Real, world.SiloNodes.Count, new Random(options.Seed), cancellationToken)];
        await TellLogsAsync(found, world, output);
        return found;
    }

    private static async Task TellLogsAsync(List<string> found, ClusterWorld world, TextWriter output)
    {
        foreach (var node in found.Count > 0 ? world.SiloNodes.Concat(world.GatewayNodes) : [])
        {
            await output.WriteLineAsync($"{node.Name}:\n{node.LogTail()}");
        }
    }

    private static async Task<List<string>> LoseAsync(ClusterOptions options, ClusterWorld world, TextWriter output, CancellationToken cancellationToken)
    {
        if (options.Builds == 0)
        {
            return [];
        }

        var random = new Random(options.Seed);
        using var first = GrpcChannel.ForAddress(world.Addresses[0]);
        using var second = GrpcChannel.ForAddress(world.Addresses[1]);
        var pairs = new List<(WatchedBuild First, WatchedBuild Second)>();
        for (var build = 0; build < options.Builds; build++)
        {
            var order = await OrderAsync(world, first, random, cancellationToken);
            pairs.Add((new WatchedBuild(order, first), new WatchedBuild(order, second)));
        }

        var running = Task.WhenAll(pairs.SelectMany(pair => new[] { pair.First.RunAsync(cancellationToken), pair.Second.RunAsync(cancellationToken) }));
        var losses = DisturbAsync(options, world, random, output, cancellationToken);
        await Task.WhenAll(running, losses);
        List<string> found = [.. await losses];
        foreach (var (one, other) in pairs)
        {
            found.AddRange(await ProblemsOfAsync(world, one, other, cancellationToken));
        }

        found.AddRange(await ReportAsync(options, [.. pairs.SelectMany(pair => new[] { pair.First, pair.Second })], output));
        pairs.ForEach(pair =>
        {
            pair.First.Dispose();
            pair.Second.Dispose();
        });
        return found;
    }

    internal static async Task<BuildRequest> OrderAsync(ClusterWorld world, GrpcChannel channel, Random random, CancellationToken cancellationToken)
    {
        var order = PushingBuilder.Order(random, MostLines);
        var resolved = await new BuilderService.ImageBuilderClient(channel).ResolveWorkspaceImageAsync(
            new ResolveWorkspaceImageRequest { Source = order.Source, Auth = order.Auth }, cancellationToken: cancellationToken);
        await world.Builder.TargetAsync(order, resolved.Ref, cancellationToken);
        return order;
    }

    // One after another, with time between them for the cluster to notice.
    private static async Task<List<string>> DisturbAsync(ClusterOptions options, ClusterWorld world, Random random, TextWriter output, CancellationToken cancellationToken)
    {
        var found = new List<string>();
        var start = Stopwatch.GetTimestamp();
        Task SayAsync(string what) => output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{Stopwatch.GetElapsedTime(start).TotalSeconds:0.0} s: {what}"));
        for (var kill = 0; kill < options.Kills; kill++)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(random.Next(1_000, 3_000)), cancellationToken);
            var silo = world.SiloNodes[kill % world.SiloNodes.Count];
            await SayAsync($"{silo.Name} is killed");
            await silo.KillAsync();
            await Task.Delay(Settle / 2, cancellationToken);
            found.AddRange(silo.Builders().Select(builder => $"{silo.Name} was killed, and its builder {builder} was not"));
            await silo.StartAsync(cancellationToken);
            await SayAsync($"{silo.Name} runs again");
            await Task.Delay(Settle / 2, cancellationToken);
        }

        if (options.RestartDatabase)
        {
            await SayAsync("the database is restarted");
            await world.Database.RestartAsync(cancellationToken);
            await Task.Delay(Settle, cancellationToken);
        }

        if (world.Cell is { } cell)
        {
            await SayAsync($"{world.SiloNodes[^1].Name} is cut off");
            await cell.CutAsync();
            await Task.Delay(Cut, cancellationToken);
            await cell.MendAsync();
            await SayAsync("and connected again");
        }

        return found;
    }

    private static async Task<IEnumerable<string>> ProblemsOfAsync(ClusterWorld world, WatchedBuild one, WatchedBuild other, CancellationToken cancellationToken)
    {
        var pushes = world.Builder.PushesOf(one.Order);
        return new[]
        {
            one.Id == other.Id ? null : $"the order of {one.Order.Source.File.DockerfilePath} made builds {one.Id} and {other.Id}",
            one.Last.Status == BuildStatus.Succeeded ? null : $"build {one.Id} ended as {one.Last.Status} after {one.Last.Attempt} attempts: {one.Last.Failure?.Message}",
            // A builder that is lost between its push and the word of it pushes the same once more.
            pushes >= 1 && pushes <= one.Last.Attempt ? null : $"build {one.Id} of {one.Last.Attempt} attempts pushed {pushes} times",
            one.Interruptions + other.Interruptions == 0 ? null : $"streams of build {one.Id} broke off {one.Interruptions} and {other.Interruptions} times",
            one.Log.Span.SequenceEqual(other.Log.Span) ? null : $"the followers of build {one.Id} saw {one.Log.Length} and {other.Log.Length} bytes that are not the same",
            await one.FindContradictionAsync(cancellationToken),
            await other.FindContradictionAsync(cancellationToken),
        }.OfType<string>();
    }

    private static async Task<IEnumerable<string>> ReportAsync(ClusterOptions options, List<WatchedBuild> builds, TextWriter output)
    {
        var gaps = builds.Select(build => build.LongestSilence).Order().ToArray();
        var again = builds.Where(build => build.Last.Attempt > 1).Select(build => build.LongestSilence).Order().ToArray();
        await output.WriteLineAsync(string.Create(
            CultureInfo.InvariantCulture,
            $"the longest gap that a follower saw: p50 {Percentiles.Of(gaps, 0.5) / 1000:0.0} s, p99 {Percentiles.Of(gaps, 0.99) / 1000:0.0} s, max {Percentiles.Of(gaps, 1) / 1000:0.0} s; goal: a p99 of {options.GapLimit.TotalSeconds:0} s"));
        if (again.Length > 0)
        {
            await output.WriteLineAsync(string.Create(
                CultureInfo.InvariantCulture,
                $"of the {again.Length / 2} builds that were begun anew: p50 {Percentiles.Of(again, 0.5) / 1000:0.0} s, p99 {Percentiles.Of(again, 0.99) / 1000:0.0} s"));
        }

        return Percentiles.Of(gaps, 0.99) <= options.GapLimit.TotalMilliseconds ? [] : ["followers waited too long"];
    }
}
