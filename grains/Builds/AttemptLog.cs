using System.Buffers;
using ImageBuilder.Builds.Logs;
using ImageBuilder.Launchers;

namespace ImageBuilder.Grains.Builds;

/// <summary>
/// Carries the log of an attempt over into the log of its build, censored. It can start over at any time: what the censor lets through
/// depends on the attempt's bytes alone, so a new pump goes through them from the first and leaves out what is stored already.
/// </summary>
internal sealed class AttemptLog(IAttempt attempt, LogCensor censor, IBuildLogs logs, Guid buildId, TimeProvider clock)
{
    private const int BufferSize = 256 * 1024;

    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(40);

    /// <summary>
    /// Pumps until the attempt has ended and its last byte is stored, or until <paramref name="cancellationToken"/>.
    /// </summary>
    /// <param name="stored">Bytes of this attempt that the build's log holds already.</param>
    /// <param name="appended">Called after every append with the end of the build's log.</param>
    /// <param name="cancellationToken">Ends the pump where it is.</param>
    public async Task PumpAsync(long stored, Action<long> appended, CancellationToken cancellationToken)
    {
        var buffer = new byte[BufferSize];
        var output = new ArrayBufferWriter<byte>(BufferSize);
        for (long offset = 0; ;)
        {
            var ended = attempt.Completion.IsCompleted;
            var read = await attempt.ReadLogAsync(offset, buffer, cancellationToken);
            offset += read;
            censor.Write(buffer.AsSpan(0, read), output);
            if (read == 0 && ended)
            {
                censor.Complete(output);
            }

            stored = await AppendAsync(output, stored, appended, cancellationToken);
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

    private async Task<long> AppendAsync(ArrayBufferWriter<byte> output, long stored, Action<long> appended, CancellationToken cancellationToken)
    {
        var known = (int)Math.Min(stored, output.WrittenCount);
        if (output.WrittenCount > known)
        {
            appended(await logs.AppendAsync(buildId, output.WrittenMemory[known..], cancellationToken));
        }

        output.ResetWrittenCount();
        return stored - known;
    }
}
