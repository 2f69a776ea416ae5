using ImageBuilder.Bob.Outcomes;

namespace ImageBuilder.Bob.Build;

/// <summary>A file that another process makes, whole at once.</summary>
internal static class AwaitedFile
{
    // A look costs microseconds; a file system watcher costs more to set up than most contexts take to arrive.
    private static readonly TimeSpan s_interval = TimeSpan.FromMilliseconds(5);

    /// <summary>Ends when <paramref name="path"/> exists.</summary>
    /// <exception cref="BobException">It did not appear within <paramref name="patience"/>; <paramref name="what"/> says what did not happen.</exception>
    public static async Task WaitAsync(string path, TimeSpan patience, FailureReason reason, string what, TimeProvider time, CancellationToken cancellationToken)
    {
        var start = time.GetTimestamp();
        while (!File.Exists(path))
        {
            if (time.GetElapsedTime(start) >= patience)
            {
                throw new BobException(reason, $"{what} within {patience.TotalMinutes:0} minutes");
            }

            await Task.Delay(s_interval, time, cancellationToken);
        }
    }
}
