namespace ImageBuilder.Postgres;

/// <summary>Does something in the database again as long as what keeps it from being done may pass.</summary>
/// <param name="patience">How long it is tried.</param>
/// <param name="clock">Times the tries.</param>
internal sealed class DatabaseRetry(TimeSpan patience, TimeProvider clock)
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(2);

    /// <summary>Gives what <paramref name="operation"/> does, which is told whether an earlier try may have been done although its answer did not come.</summary>
    /// <exception cref="IOException">The database refuses; or another, when it was away for too long, which is then what <paramref name="away"/> makes of that.</exception>
    public async Task<T> RunAsync<T>(Func<bool, Task<T>> operation, Func<Exception, Exception> away, CancellationToken cancellationToken)
    {
        var start = clock.GetTimestamp();
        for (var (pause, isRepeated) = (FirstPause, false); ; pause = pause * 2 < LongestPause ? pause * 2 : LongestPause, isRepeated = true)
        {
            try
            {
                return await operation(isRepeated);
            }
            catch (Exception error) when (DatabaseFault.Is(error))
            {
                if (!DatabaseFault.IsPassing(error))
                {
                    throw DatabaseFault.Translate(error);
                }

                if (clock.GetElapsedTime(start) >= patience)
                {
                    throw away(error);
                }
            }

            await Task.Delay(pause, clock, cancellationToken);
        }
    }
}
