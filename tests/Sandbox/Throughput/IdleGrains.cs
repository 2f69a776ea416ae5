using System.Globalization;
using Orleans.Runtime;

namespace ImageBuilder.Sandbox.Throughput;

/// <summary>What becomes of grains that nobody calls. Silos let them go after minutes; here they are told to do it at once.</summary>
internal static class IdleGrains
{
    private const double MiB = 1 << 20;

    private static readonly string[] s_kinds = ["ReferenceGrain", "BuildGrain"];
    private static readonly TimeSpan s_idle = TimeSpan.FromSeconds(1);

    /// <summary>Lets them go, and gives how many there were, and are, beyond those that are kept on purpose.</summary>
    public static async Task<(int Before, int After)> CollectAsync(ThroughputCluster cluster, TextWriter output, CancellationToken cancellationToken)
    {
        var management = cluster.Grains.GetGrain<IManagementGrain>(0);
        await Task.Delay(s_idle * 2, cancellationToken);
        await management.ForceGarbageCollection([]);
        var (before, memory) = (await CountAsync(management), await ReadMemoryAsync(cluster));
        await management.ForceActivationCollection(s_idle);
        await management.ForceGarbageCollection([]);
        var (after, memoryAfter) = (await CountAsync(management), await ReadMemoryAsync(cluster));
        await output.WriteLineAsync(string.Create(
            CultureInfo.InvariantCulture,
            $"{cluster.Silos} silo(s), idle: {Text(before)}, {memory.Live / MiB:0} MiB of live objects, {memory.Resident / MiB:0} MiB resident; when those that were idle for {s_idle.TotalSeconds} s were let go: {Text(after)}, {memoryAfter.Live / MiB:0} MiB, {memoryAfter.Resident / MiB:0} MiB"));
        return (before.Values.Sum(), after.Values.Sum());
    }

    private static async Task<(double Live, double Resident)> ReadMemoryAsync(ThroughputCluster cluster) =>
        (await cluster.ReadLiveMemoryAsync(), await cluster.ReadMemoryAsync());

    private static string Text(Dictionary<string, int> counts) => string.Join(", ", counts.Select(count => string.Create(CultureInfo.InvariantCulture, $"{count.Value} {count.Key}s")));

    private static async Task<Dictionary<string, int>> CountAsync(IManagementGrain management)
    {
        var statistics = await management.GetSimpleGrainStatistics();
        return s_kinds.ToDictionary(
            kind => kind, kind => statistics.Where(known => known.GrainType.Contains($".{kind}", StringComparison.Ordinal)).Sum(known => known.ActivationCount));
    }
}
