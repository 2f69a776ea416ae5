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
/// <param name="logs">Where the build's log is.</param>
/// <param name="buildId">The build.</param>
/// <param name="clock">Times the looks at the attempt's log.</param>
internal sealed class AttemptLog(IAttempt attempt, int number, LogCensor censor, IBuildLogs logs, Guid buildId, TimeProvider clock)
{
    // Below what the garbage collector takes for large.
    private const int BufferSize = 64 * 1024;

    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(25);

    private readonly ArrayBufferWriter<byte> _output = new(BufferSize);

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
        await FindPlaceAsync(start, cancellationToken);
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

            await StoreAsync(new LogMark(number, offset - censor.HeldCount), appended, cancellationToken);
            if (read == 0)
            {
                if (ended)
                {
                    return;
                }

                var delay = Task.Delay(PollInterval, clock, cancellationToken);
                await Task.WhenAny(attempt.Completion, delay);
                cancellationToken.ThrowIfCancellationRequested();
            }
        }
    }

    /// <summary>Where an earlier pump got to. One that stored no mark got as far as the log of the build did.</summary>
    private async Task FindPlaceAsync(long start, CancellationToken cancellationToken)
    {
        _mark = await logs.GetMarkAsync(buildId, cancellationToken);
        if (_mark?.Attempt != number)
        {
            _mark = null;
            _stored = await logs.GetEndAsync(buildId, cancellationToken) - start;
        }
    }

    private async Task StoreAsync(LogMark mark, Action<long> appended, CancellationToken cancellationToken)
    {
        var known = (int)Math.Min(_stored, _output.WrittenCount);
        _stored -= known;
        if (_stored == 0 && mark != _mark)
        {
            appended(await logs.AppendAsync(buildId, _output.WrittenMemory[known..], mark, cancellationToken));
            _mark = mark;
            attempt.ReleaseLog(mark.Consumed);
        }

        _output.ResetWrittenCount();
    }
}
