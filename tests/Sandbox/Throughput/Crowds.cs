using System.Globalization;
using ImageBuilder.Sandbox.Figures;

namespace ImageBuilder.Sandbox.Throughput;

/// <summary>Many clients who want the same of a cluster: what of it reaches the one grain that has it.</summary>
internal static class Crowds
{
    private const int Callers = 64;

    /// <summary>As many resolves of one image as are answered, then many clients that follow one build.</summary>
    public static async Task RunAsync(ThroughputCluster cluster, ThroughputOptions options, TextWriter output, CancellationToken cancellationToken)
    {
        var load = ImageLoad.Resolves(cluster);
        await load.GrowAsync(1, options.Growth, cancellationToken);
        var resolves = await cluster.CountAsync(
            () => ClosedLoop.RunAsync(Callers, options.Round * options.Rounds, caller => load.CallAsync(caller, Callers, cancellationToken), cancellationToken), cancellationToken);
        await TellAsync(output, $"one image, {Callers} callers: {resolves.PerSecond:0} resolves a second at the gateway, {resolves.GrainCalls / resolves.Lasted.TotalSeconds:0} calls a second to its grain");

        await using var build = await LoggedBuild.StartAsync(cluster.Builder, cluster.Channel(0), cancellationToken, options.Watchers);
        await build.WriteLineAsync(cancellationToken);
        var lines = await cluster.CountAsync(
            () => ClosedLoop.RunAsync(1, options.Round * options.Rounds, _ => build.WriteLineAsync(cancellationToken), cancellationToken), cancellationToken);
        Array.Sort(lines.Times);
        await TellAsync(output, $"one build, {options.Watchers} followers: {lines.PerSecond * options.Watchers:0} lines a second to clients, {lines.GrainCalls / lines.Lasted.TotalSeconds:0} calls a second to its grain; the last has a line after p50 {Percentiles.Of(lines.Times, 0.5):0} ms, p99 {Percentiles.Of(lines.Times, 0.99):0} ms; of each, the gateway takes {lines.Each(lines.Used.Gateway.TotalMilliseconds):0.0} ms of processor time, the silos {lines.Each(lines.Used.Silos.TotalMilliseconds):0.0} ms");
    }

    private static Task TellAsync(TextWriter output, FormattableString line) => output.WriteLineAsync(line.ToString(CultureInfo.InvariantCulture));
}
