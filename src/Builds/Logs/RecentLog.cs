using System.Buffers;
using System.Collections.Immutable;

namespace ImageBuilder.Builds.Logs;

/// <summary>
/// Writes a log and remembers what was stored last. Those who follow are at the end most of the time: what they ask for was stored a moment ago, and to read it from
/// a database costs about as much as storing it did.
/// </summary>
/// <param name="log">Stores it.</param>
public sealed class RecentLog(ILogWriter log) : ILogWriter
{
    /// <summary>Bytes that are remembered at the most; longer appends are not.</summary>
    public const int Limit = 320 << 10;

    private readonly Lock _lock = new();
    private readonly ArrayBufferWriter<byte> _recent = new();
    private long _end = log.End;

    /// <inheritdoc />
    public long End => log.End;

    /// <inheritdoc />
    public LogMark? Mark => log.Mark;

    /// <inheritdoc />
    public async ValueTask<long> AppendAsync(ReadOnlyMemory<byte> content, LogMark? mark, CancellationToken cancellationToken)
    {
        var end = await log.AppendAsync(content, mark, cancellationToken);
        lock (_lock)
        {
            // An append that failed may have been stored all the same: then what is remembered does not reach to this one.
            if (_recent.WrittenCount + content.Length > Limit || end - content.Length != _end)
            {
                _recent.ResetWrittenCount();
            }

            if (content.Length <= Limit)
            {
                _recent.Write(content.Span);
            }

            return _end = end;
        }
    }

    /// <summary>What is known from <paramref name="offset"/> on, which is nothing at the log's end; null when the store is to be asked.</summary>
    public ImmutableArray<byte>? Read(long offset, int maxBytes)
    {
        lock (_lock)
        {
            var start = offset - (_end - _recent.WrittenCount);
            return start < 0 || offset > _end ? null : [.. _recent.WrittenSpan[(int)start..(int)Math.Min(start + maxBytes, _recent.WrittenCount)]];
        }
    }
}
