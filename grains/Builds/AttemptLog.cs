using System.Buffers;
using ImageBuilder.Builds.Logs;
using ImageBuilder.Launchers;

namespace ImageBuilder.Grains.Builds;

/// <summary>
/// Carries the log of an attempt over into the log of its build, censored. How far it got is stored with the bytes themselves, so that after a
/// restart another goes on from there, also when the secrets that were censored are not known any more.
/// </summary>
/// <param name="attempt">The attempt.</param>
/// <param name="number">Its number.</param>
/// <param name="censor">Takes out what nobody may read.</param>
/// <param name="log">Writes the build's log.</param>
/// <param name="clock">Times the looks at the attempt's log.</param>
internal sealed class AttemptLog(IAttempt attempt, int number, LogCensor censor, ILogWriter log, TimeProvider clock)
{
    // Below what the garbage collector takes for large.
    private const int BufferSize = 64 * 1024;

    // Stored in one go by a pump that is behind: of a database, every append waits for its disk.
    private const int BatchSize = 4 * BufferSize;

    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(25);

    private ArrayBufferWriter<byte> _output = new(BufferSize);

    // Censored bytes that are stored already.
    private long _stored;
    private LogMark? _mark;

    /// <summary>
    /// Pumps until the attempt has ended and its last byte is stored, or until <paramref name="cancellationToken"/>.
    /// </summary>
    /// <param name="start">Where the log of the attempt begins in the log of the build.</param>
    /// <param name="appended">Called after every append with the end of the build's log.</param>
    /// <param name="cancellationToken">Ends the pump where it is.</param>
    public async Task PumpAsync(long start, Action<long> appended, CancellationToken cancellationToken)
    {
        FindPlace(start);
        var buffer = new byte[BufferSize];
        for (var offset = _mark?.Consumed ?? 0; ;)
        {
            var ended = attempt.Completion.IsCompleted;
            var read = await attempt.ReadLogAsync(offset, buffer, cancellationToken);
            offset += read;
            censor.Write(buffer.AsSpan(0, read), _output);
            if (read == 0 && ended)
            {
                censor.Complete(_output);
            }
            else if (read == buffer.Length && _output.WrittenCount + censor.HeldCount < BatchSize)
            {
                continue;
            }

            await StoreAsync(new LogMark(number, offset - censor.HeldCount), appended, cancellationToken);
            if (read == 0)
            {
                if (ended)
                {
                    return;
                }

                _output = _output.Capacity > 2 * BufferSize ? new ArrayBufferWriter<byte>(BufferSize) : _output;
                var delay = Task.Delay(PollInterval, clock, cancellationToken);
                await Task.WhenAny(attempt.Completion, delay);
                cancellationToken.ThrowIfCancellationRequested();
            }
        }
    }

    /// <summary>Where an earlier pump got to. One that stored no mark got as far as the log of the build did.</summary>
    private void FindPlace(long start)
    {
        _mark = log.Mark;
        if (_mark?.Attempt != number)
        {
            _mark = null;
            _stored = log.End - start;
        }
    }

    private async Task StoreAsync(LogMark mark, Action<long> appended, CancellationToken cancellationToken)
    {
        var known = (int)Math.Min(_stored, _output.WrittenCount);
        _stored -= known;
        if (_stored == 0 && mark != _mark)
        {
            appended(await log.AppendAsync(_output.WrittenMemory[known..], mark, cancellationToken));
            _mark = mark;
            attempt.ReleaseLog(mark.Consumed);
        }

        _output.ResetWrittenCount();
    }
}
