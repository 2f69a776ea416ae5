using System.Diagnostics;

namespace ImageBuilder.Sandbox.Figures;

/// <summary>Callers each of whom calls again as soon as he was answered.</summary>
internal static class ClosedLoop
{
    /// <summary>How long each call took, in no order.</summary>
    /// <param name="callers">How many call at a time.</param>
    /// <param name="duration">For how long.</param>
    /// <param name="call">Makes a call of the caller with that number.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async Task<TimeSpan[]> RunAsync(int callers, TimeSpan duration, Func<int, Task> call, CancellationToken cancellationToken)
    {
        var start = Stopwatch.GetTimestamp();
        var times = await Task.WhenAll(Enumerable.Range(0, callers).Select(caller => Task.Run(
            async () =>
            {
                var times = new List<TimeSpan>();
                while (Stopwatch.GetElapsedTime(start) < duration)
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    var began = Stopwatch.GetTimestamp();
                    await call(caller);
                    times.Add(Stopwatch.GetElapsedTime(began));
                }

                return times;
            },
            cancellationToken)));
        return [.. times.SelectMany(caller => caller)];
    }
}
