namespace ImageBuilder.Builds.Logs;

/// <summary>
/// The logs of builds: append-only, addressed by byte offset, bounded. One build has one writer at a time and any number of readers. A byte that
/// was told stays at its offset; it may go away, and then no other takes its place.
/// </summary>
public interface IBuildLogs
{
    /// <summary>Begins to write the log of a build, which need not exist. What a writer was doing that somebody opened before is refused from now on.</summary>
    /// <exception cref="IOException">The log cannot be opened.</exception>
    ValueTask<ILogWriter> OpenAsync(Guid buildId, CancellationToken cancellationToken);

    /// <summary>
    /// Reads at most <paramref name="maxBytes"/> bytes from <paramref name="offset"/>; fewer where a piece of the store ends.
    /// An offset behind the end, or a log that does not exist, gives an empty page. Bytes that are missing, dropped past the limit or lost, are passed over.
    /// </summary>
    /// <exception cref="IOException">The bytes are there and cannot be read.</exception>
    ValueTask<LogPage> ReadAsync(Guid buildId, long offset, int maxBytes, CancellationToken cancellationToken);

    /// <summary>Where the log of a build ends; 0 for one that does not exist.</summary>
    ValueTask<long> GetEndAsync(Guid buildId, CancellationToken cancellationToken);

    /// <summary>Bytes that are kept of a log; 0 for one that does not exist.</summary>
    ValueTask<long> GetSizeAsync(Guid buildId, CancellationToken cancellationToken);

    /// <summary>
    /// Removes the bytes of a log that grows no more, but not where it ends, so that its readers learn that they are no longer kept; does nothing
    /// where there is no log.
    /// </summary>
    /// <exception cref="IOException">The bytes could not be removed; none or some of them may have been.</exception>
    ValueTask DropAsync(Guid buildId, CancellationToken cancellationToken);

    /// <summary>Removes the log of a build; does nothing where there is none.</summary>
    ValueTask DeleteAsync(Guid buildId, CancellationToken cancellationToken);
}
