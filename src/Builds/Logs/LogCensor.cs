using System.Buffers;
using System.Text;

namespace ImageBuilder.Builds.Logs;

/// <summary>
/// Removes every occurrence of some terms from a stream of bytes, also where an occurrence is split across chunks; where several begin at one
/// place, the longest. What comes out depends on the stream alone, not on how it was cut. Not thread-safe.
/// </summary>
public sealed class LogCensor
{
    private readonly byte[][] _terms;
    private readonly int _longest;
    private readonly SearchValues<byte> _firstBytes;

    // Where each term occurs next; in front of where the search stands when that is not known.
    private readonly int[] _next;
    private byte[] _held = [];

    /// <summary>Creates a censor for <paramref name="terms"/>; empty ones are passed over.</summary>
    public LogCensor(IEnumerable<string> terms)
    {
        _terms = terms
            .Where(term => term.Length > 0)
            .Distinct(StringComparer.Ordinal)
            .Select(Encoding.UTF8.GetBytes)
            .OrderByDescending(term => term.Length)
            .ToArray();
        _longest = _terms.Length == 0 ? 0 : _terms[0].Length;
        _firstBytes = SearchValues.Create(_terms.Select(term => term[0]).Distinct().ToArray());
        _next = new int[_terms.Length];
    }

    /// <summary>Bytes that were taken and are held back, because they may become a term with what follows.</summary>
    public int HeldCount { get; private set; }

    /// <summary>
    /// The terms that the log of a build must not show: both references, both up to their first ":", and the secrets of the request as far as
    /// they are known.
    /// </summary>
    public static LogCensor ForBuild(BuildOrder order, BuildSecrets? secrets) => new(
    [
        order.WorkspaceRef, order.BaseRef, order.WorkspaceRef.Split(':')[0], order.BaseRef.Split(':')[0],
        .. secrets is null ? [] : SecretTerms.Of(secrets, order.Context?.AuthUser ?? string.Empty),
    ]);

    /// <summary>Takes the next bytes of the stream and writes what is certain by now to <paramref name="output"/>.</summary>
    public void Write(ReadOnlySpan<byte> input, IBufferWriter<byte> output)
    {
        if (HeldCount == 0)
        {
            Hold(input[Filter(input, output, endOfStream: false)..]);
            return;
        }

        var length = HeldCount + input.Length;
        if (_held.Length < length)
        {
            Array.Resize(ref _held, Math.Max(length, 2 * _held.Length));
        }

        input.CopyTo(_held.AsSpan(HeldCount));
        var whole = _held.AsSpan(0, length);
        Hold(whole[Filter(whole, output, endOfStream: false)..]);
    }

    /// <summary>Ends the stream: writes what was held back because it might have become a term.</summary>
    public void Complete(IBufferWriter<byte> output)
    {
        Filter(_held.AsSpan(0, HeldCount), output, endOfStream: true);
        HeldCount = 0;
    }

    // The bytes may lie in the buffer that they are moved to.
    private void Hold(ReadOnlySpan<byte> bytes)
    {
        if (_held.Length < bytes.Length)
        {
            _held = new byte[_longest];
        }

        bytes.CopyTo(_held);
        HeldCount = bytes.Length;
    }

    /// <summary>Writes what is certain, and gives where that ends.</summary>
    private int Filter(ReadOnlySpan<byte> input, IBufferWriter<byte> output, bool endOfStream)
    {
        Array.Fill(_next, -1);
        var open = endOfStream ? input.Length : FindOpenEnd(input, 0);
        for (var position = 0; ;)
        {
            // No term that begins before the open end can reach behind the input.
            var (start, length) = (open, 0);
            for (var i = 0; i < _terms.Length; i++)
            {
                if (_next[i] < position)
                {
                    var found = input[position..].IndexOf(_terms[i]);
                    _next[i] = found < 0 ? int.MaxValue : position + found;
                }

                if (_next[i] < start)
                {
                    (start, length) = (_next[i], _terms[i].Length);
                }
            }

            output.Write(input[position..start]);
            if (length == 0)
            {
                return start;
            }

            position = start + length;
            if (position > open)
            {
                open = FindOpenEnd(input, position);
            }
        }
    }

    /// <summary>The first place from <paramref name="from"/> on where a term begins that the input does not hold all of.</summary>
    private int FindOpenEnd(ReadOnlySpan<byte> input, int from)
    {
        for (var at = Math.Max(from, input.Length - _longest + 1); at < input.Length; at++)
        {
            var candidate = input[at..].IndexOfAny(_firstBytes);
            if (candidate < 0)
            {
                break;
            }

            at += candidate;
            foreach (var term in _terms)
            {
                if (term.Length > input.Length - at && term.AsSpan().StartsWith(input[at..]))
                {
                    return at;
                }
            }
        }

        return input.Length;
    }
}
