using System.Diagnostics;

namespace ImageBuilder.Sandbox.Throughput;

/// <summary>Makes many grains, for as long as there is time.</summary>
internal static class Growth
{
    private const int AtOnce = 64;

    /// <summary>Makes those from <paramref name="from"/> to <paramref name="to"/>, and gives how many there are then.</summary>
    public static async Task<int> RunAsync(int from, int to, TimeSpan patience, Func<int, Task> make, CancellationToken cancellationToken)
    {
        var start = Stopwatch.GetTimestamp();
        var next = from - 1;
        await Task.WhenAll(Enumerable.Range(0, AtOnce).Select(_ => Task.Run(
            async () =>
            {
                while (Stopwatch.GetElapsedTime(start) < patience && Interlocked.Increment(ref next) is var number && number < to)
                {
                    await make(number);
                }
            },
            cancellationToken)));
        return Math.Min(next + 1, to);
    }
}
