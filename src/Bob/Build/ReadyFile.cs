using ImageBuilder.Bob.Outcomes;

namespace ImageBuilder.Bob.Build;

/// <summary>The file that says that the build context is complete.</summary>
internal static class ReadyFile
{
    /// <summary>How long it is waited for (wire contract, bob).</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(30);

    // A look costs microseconds; a file system watcher costs more to set up than most contexts take to arrive.
    private static readonly TimeSpan s_interval = TimeSpan.FromMilliseconds(5);

    /// <summary>Ends when <paramref name="path"/> exists.</summary>
    /// <exception cref="BobException">It did not appear in time.</exception>
    public static async Task WaitAsync(string path, TimeProvider time, CancellationToken cancellationToken)
    {
        var start = time.GetTimestamp();
        while (!File.Exists(path))
        {
            if (time.GetElapsedTime(start) >= Patience)
            {
                throw new BobException(FailureReason.Timeout, $"build failed: the build context did not arrive within {Patience.TotalMinutes:0} minutes");
            }

            await Task.Delay(s_interval, time, cancellationToken);
        }
    }
}
