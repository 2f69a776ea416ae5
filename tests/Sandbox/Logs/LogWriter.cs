using System.Diagnostics;

namespace ImageBuilder.Sandbox.Logs;

/// <summary>Writes a log at a pace, as a builder does.</summary>
internal static class LogWriter
{
    private static readonly TimeSpan s_tick = TimeSpan.FromMilliseconds(20);

    /// <summary>Writes a first part, waits until the file <paramref name="go"/> is there, then writes the rest; the times of that go to <paramref name="report"/>.</summary>
    /// <param name="length">Bytes in all.</param>
    /// <param name="rate">Bytes a second.</param>
    /// <param name="go">What is waited for.</param>
    /// <param name="report">Receives when the rest began and ended, in milliseconds since 1970.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async Task<int> RunAsync(long length, long rate, string go, string report, CancellationToken cancellationToken)
    {
        await using var output = Console.OpenStandardOutput();
        var written = await WriteAsync(output, 0, Math.Min(length, 1000), cancellationToken);
        while (!File.Exists(go))
        {
            await Task.Delay(s_tick, cancellationToken);
        }

        var began = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();
        var start = Stopwatch.GetTimestamp();
        for (var first = written; written < length;)
        {
            var due = Math.Min(length, first + (long)(rate * Stopwatch.GetElapsedTime(start).TotalSeconds));
            written = await WriteAsync(output, written, due, cancellationToken);
            await Task.Delay(s_tick, cancellationToken);
        }

        await File.WriteAllTextAsync(report + ".new", $"{began} {DateTimeOffset.UtcNow.ToUnixTimeMilliseconds()}", cancellationToken);
        File.Move(report + ".new", report);
        return 0;
    }

    private static async Task<long> WriteAsync(Stream output, long from, long to, CancellationToken cancellationToken)
    {
        if (to > from)
        {
            var bytes = new byte[to - from];
            LogText.Fill(from, bytes);
            await output.WriteAsync(bytes, cancellationToken);
        }

        return to;
    }
}
