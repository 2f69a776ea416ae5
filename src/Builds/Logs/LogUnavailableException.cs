namespace ImageBuilder.Builds.Logs;

/// <summary>
/// A log cannot be written to by this writer any more: another was opened since, or the store was away for longer than is waited and it is not known whether
/// the last append is stored. Nothing is wrong with the build: whoever is to write it opens the log again and goes on from where it is.
/// </summary>
public sealed class LogUnavailableException(string message, Exception? cause = null) : IOException(message, cause);
