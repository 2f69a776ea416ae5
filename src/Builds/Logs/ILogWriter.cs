namespace ImageBuilder.Builds.Logs;

/// <summary>Writes the log of one build. Where several processes share a store, the writer that was opened last is the only one that can.</summary>
public interface ILogWriter
{
    /// <summary>Where the log ends, as this writer knows.</summary>
    long End { get; }

    /// <summary>The mark that was stored last; null when there was none yet, or it was lost.</summary>
    LogMark? Mark { get; }

    /// <summary>
    /// Appends <paramref name="content"/>, which may be nothing, and stores <paramref name="mark"/> with it, or keeps the one before where it is null; gives
    /// the offset where the log ends now.
    /// </summary>
    /// <exception cref="LogUnavailableException">This writer can write no more.</exception>
    /// <exception cref="IOException">The bytes could not be stored; none of them was, and log and mark are as they were.</exception>
    ValueTask<long> AppendAsync(ReadOnlyMemory<byte> content, LogMark? mark, CancellationToken cancellationToken);
}
