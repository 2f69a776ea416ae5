using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace ImageBuilder.Sandbox.Throughput;

/// <summary>A builder that writes as fast as its log is taken, and a client that follows.</summary>
internal static class FastLog
{
    private const int Rounds = 3;
    private const int MiBs = 8;

    private static readonly byte[] s_content = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat(new string('.', 63) + "\n", MiBs << 14)));

    /// <summary>Measures and prints.</summary>
    public static async Task RunAsync(ThroughputCluster cluster, TextWriter output, CancellationToken cancellationToken)
    {
        await using var build = await LoggedBuild.StartAsync(cluster.Builder, cluster.Channel(0), cancellationToken);

        // The runtime compiles what is called often anew, and takes its time.
        await build.WriteAsync(s_content, cancellationToken);
        var tally = await cluster.CountAsync(
            async () =>
            {
                var times = new List<TimeSpan>();
                for (var round = 0; round < Rounds; round++)
                {
                    var start = Stopwatch.GetTimestamp();
                    await build.WriteAsync(s_content, cancellationToken);
                    times.Add(Stopwatch.GetElapsedTime(start));
                }

                return [.. times];
            },
            cancellationToken);
        double size = Rounds * MiBs;
        await output.WriteLineAsync(string.Create(
            CultureInfo.InvariantCulture,
            $"one build writes as fast as it can: {size / tally.Lasted.TotalSeconds:0} MiB/s to its client, in appends of {size * 1024 / Math.Max(1, tally.Appends):0} KiB; of each MiB, the gateway takes {tally.Used.Gateway.TotalMilliseconds / size:0.0} ms of processor time, the silo {tally.Used.Silos.TotalMilliseconds / size:0.0} ms, the database {tally.Used.Database.TotalMilliseconds / size:0.0} ms"));
    }
}
