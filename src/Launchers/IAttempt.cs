namespace ImageBuilder.Launchers;

/// <summary>An attempt that was started. Disposing lets go of it without ending it; <see cref="RemoveAsync"/> clears it away.</summary>
public interface IAttempt : IAsyncDisposable
{
    /// <summary>Ends when the attempt has ended, and every byte of its log can be read.</summary>
    Task<AttemptOutcome> Completion { get; }

    /// <summary>
    /// Reads the attempt's own log from a byte offset; 0 bytes when there are no more at the moment. Every call may be repeated; one is made at a time.
    /// </summary>
    ValueTask<int> ReadLogAsync(long offset, Memory<byte> buffer, CancellationToken cancellationToken);

    /// <summary>Tells that the log is not read before <paramref name="offset"/> again, so that the place may give back the room.</summary>
    void ReleaseLog(long offset);

    /// <summary>Ends the attempt at once, with everything that it started; does nothing when it has ended.</summary>
    Task CancelAsync(CancellationToken cancellationToken);

    /// <summary>Removes what the attempt leaves behind once it has ended and its log was taken over.</summary>
    Task RemoveAsync(CancellationToken cancellationToken);
}
