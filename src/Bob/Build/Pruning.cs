using System.ComponentModel;

namespace ImageBuilder.Bob.Build;

/// <summary>Removes, when a build has ended, what is past the limit of an engine's cache. It fails no build and holds none up for long: the next one begins with what was not done.</summary>
internal static class Pruning
{
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(1);

    /// <summary>Runs <paramref name="prune"/> for a minute at the most; what stopped it is a line of <paramref name="log"/>.</summary>
    public static async Task RunAsync(Func<CancellationToken, Task> prune, TimeProvider time, TextWriter log)
    {
        using var patience = new CancellationTokenSource(s_patience, time);
        try
        {
            await prune(patience.Token);
        }
        catch (OperationCanceledException) when (patience.IsCancellationRequested)
        {
            await log.WriteLineAsync($"bob: what is past the cache's limit was not removed within {s_patience.TotalSeconds:0} s; the next build goes on with it");
        }
        catch (Exception exception) when (exception is IOException or Win32Exception)
        {
            await log.WriteLineAsync($"bob: what is past the cache's limit stays until the next build: {exception.Message}");
        }
    }
}
