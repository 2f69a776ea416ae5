namespace ImageBuilder.Builds.Logs;

/// <summary>
/// How much of an attempt's own log the log of its build accounts for. It is stored with the bytes that it accounts for, both or neither, so that
/// whoever goes on with the log after a restart starts exactly there.
/// </summary>
/// <param name="Attempt">Number of the attempt.</param>
/// <param name="Consumed">Bytes of the attempt's log, from its first.</param>
public readonly record struct LogMark(int Attempt, long Consumed);
