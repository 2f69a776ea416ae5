using System.Globalization;
using ImageBuilder.Sandbox.Figures;
using ImageBuilder.Sandbox.Postgres;
using ImageBuilder.Sandbox.Registry;
using ImageBuilder.Sandbox.Tests;

namespace ImageBuilder.Sandbox.Throughput;

/// <summary>
/// Measures what calls to a cluster of one silo and to one of three cost, each with a gateway and a database of one server, in turns; and how that grows with grains.
/// All processes, and who calls, share one machine.
/// </summary>
public static class ThroughputRun
{
    private const double MiB = 1 << 20;

    // Of what processes take by the clock alone: a tick of the kernel's accounts, a probe of a silo.
    private const double NoiseMilliseconds = 0.3;
    private const double WidestGrowth = 4;

    /// <summary>Measures, prints, and gives 1 when the cost of a kind of call grows with its grains.</summary>
    public static async Task<int> RunAsync(ThroughputOptions options, TextWriter output, CancellationToken cancellationToken) =>
        await Proof.RunAsync("throughput", $"no kind of call costs more than {WidestGrowth} times as much with more grains", output, async folder =>
        {
            await using var registry = await EndlessRegistry.StartAsync(cancellationToken);
            await using var server = await PostgresServer.StartAsync(new PostgresServerOptions { Durable = true }, cancellationToken);
            await using var one = await ThroughputCluster.StartAsync(Path.Combine(folder, "one"), silos: 1, server, registry, cancellationToken);
            await using var three = await ThroughputCluster.StartAsync(Path.Combine(folder, "three"), silos: 3, server, registry, cancellationToken);
            var measurement = new Measurement([one, three], options, output);
            await measurement.RunAsync(cancellationToken);
            return measurement.FindGrowth();
        });

    private static string Line(FormattableString line) => line.ToString(CultureInfo.InvariantCulture);

    private sealed class Measurement(IReadOnlyList<ThroughputCluster> clusters, ThroughputOptions options, TextWriter output)
    {
        private readonly Dictionary<(string Load, int Silos), List<(int Grains, double Milliseconds)>> _costs = [];

        public async Task RunAsync(CancellationToken cancellationToken)
        {
            var templates = new List<Guid>();
            foreach (var cluster in clusters)
            {
                templates.Add(await BuildAsync(cluster, cancellationToken));
            }

            var logs = clusters.Select(cluster => new LogLoad(cluster, options.Builders)).ToArray();
            IReadOnlyList<ILoad>[] kinds =
            [
                [.. clusters.Select(ImageLoad.Resolves)],
                [.. clusters.Select(ImageLoad.Builds)],
                [.. clusters.Select((cluster, index) => new StatusLoad(cluster, templates[index]))],
                logs,
            ];
            await output.WriteLineAsync(Line($"{options.Calls} calls at a time, {options.Rounds} rounds of {options.Round.TotalSeconds} s for each cluster in turn; {Environment.ProcessorCount} processors for all, so three silos have no more of them than one: what compares is ms of processor time a call"));
            await output.WriteLineAsync("call                   grains silos  calls/s  p50 ms  p99 ms   gateway   silos database     all ms/call   grain calls of the gateway, states stored, appends, HEADs a call");
            foreach (var loads in kinds)
            {
                foreach (var grains in options.Grains)
                {
                    await MeasureAsync(loads, grains, cancellationToken);
                }
            }

            await Task.WhenAll(logs.Select(load => load.DisposeAsync().AsTask()));
            await FastLog.RunAsync(clusters[0], output, cancellationToken);
            await Crowds.RunAsync(clusters[^1], options, output, cancellationToken);
            foreach (var cluster in clusters)
            {
                await IdleGrains.CollectAsync(cluster, output, cancellationToken);
            }
        }

        /// <summary>The kinds of calls that cost much more with many grains than with few.</summary>
        public IReadOnlyList<string> FindGrowth() =>
        [
            .. from kind in _costs
               from cost in kind.Value
               let least = kind.Value.TakeWhile(fewer => fewer != cost).Append(cost).MinBy(known => known.Milliseconds)
               where cost.Milliseconds > (WidestGrowth * least.Milliseconds) + NoiseMilliseconds
               select Line($"{kind.Key.Load}, {kind.Key.Silos} silo(s): {cost.Milliseconds:0.00} ms a call with {cost.Grains} grains, {least.Milliseconds:0.00} ms with {least.Grains}"),
        ];

        private async Task<Guid> BuildAsync(ThroughputCluster cluster, CancellationToken cancellationToken)
        {
            var id = Guid.Empty;
            var tally = await cluster.CountAsync(
                async () =>
                {
                    await using var build = await LoggedBuild.StartAsync(cluster.Builder, cluster.Channel(0), cancellationToken);
                    await build.WriteLineAsync(cancellationToken);
                    await build.EndAsync(cancellationToken);
                    id = build.Id;
                    return [];
                },
                cancellationToken);
            await output.WriteLineAsync(Line($"{cluster.Silos} silo(s): a build with one line of log, from its order to its end: {tally.Writes} states stored, {tally.Appends} append(s)"));
            return id;
        }

        private async Task MeasureAsync(IReadOnlyList<ILoad> loads, int grains, CancellationToken cancellationToken)
        {
            var memory = new string[clusters.Count];
            for (var index = 0; index < clusters.Count; index++)
            {
                memory[index] = await GrowAsync(clusters[index], loads[index], grains, cancellationToken);
                await clusters[index].MeasureAsync(loads[index], options, cancellationToken);
            }

            var tallies = new Tally?[clusters.Count];
            for (var round = 0; round < options.Rounds; round++)
            {
                for (var index = 0; index < clusters.Count; index++)
                {
                    var tally = await clusters[index].MeasureAsync(loads[index], options, cancellationToken);
                    tallies[index] = tallies[index] is { } known ? known + tally : tally;
                }
            }

            for (var index = 0; index < clusters.Count; index++)
            {
                await TellAsync(loads[index], clusters[index].Silos, tallies[index]!, memory[index]);
            }
        }

        private async Task<string> GrowAsync(ThroughputCluster cluster, ILoad load, int grains, CancellationToken cancellationToken)
        {
            var (before, memory) = (load.Grains, await cluster.ReadMemoryAsync());
            await load.GrowAsync(grains, options.Growth, cancellationToken);
            var (added, more) = (load.Grains - before, await cluster.ReadMemoryAsync() - memory);
            return added < 1_000 ? string.Empty : Line($"; {added} more grains: {more / MiB:0} MiB, {more / 1024.0 / added:0.0} KiB each");
        }

        private async Task TellAsync(ILoad load, int silos, Tally tally, string memory)
        {
            Array.Sort(tally.Times);
            var cost = tally.Each(tally.Used.All.TotalMilliseconds);
            await output.WriteLineAsync(Line(
                $"{load.Name,-21} {load.Grains,7} {silos,5} {tally.PerSecond,8:0} {Percentiles.Of(tally.Times, 0.5),7:0.0} {Percentiles.Of(tally.Times, 0.99),7:0.0} {tally.Each(tally.Used.Gateway.TotalMilliseconds),9:0.00} {tally.Each(tally.Used.Silos.TotalMilliseconds),7:0.00} {tally.Each(tally.Used.Database.TotalMilliseconds),8:0.00} {cost,15:0.00}   {tally.Each(tally.GrainCalls):0.0}, {tally.Each(tally.Writes):0.0}, {tally.Each(tally.Appends):0.0}, {tally.Each(tally.Heads):0.0}{memory}"));
            if (!_costs.TryGetValue((load.Name, silos), out var costs))
            {
                _costs[(load.Name, silos)] = costs = [];
            }

            costs.Add((load.Grains, cost));
        }
    }
}
