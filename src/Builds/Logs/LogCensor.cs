using System.Buffers;
using System.Text;

namespace ImageBuilder.Builds.Logs;

/// <summary>
/// Removes every occurrence of some terms from a stream of bytes, also where an occurrence is split across chunks. What comes out depends
/// on the stream alone, not on how it was cut, so a reader that starts over from the first byte gets the same bytes again.
/// Not thread-safe.
/// </summary>
public sealed class LogCensor
{
    private readonly byte[][] _terms;
    private readonly SearchValues<byte> _firstBytes;
    private readonly ArrayBufferWriter<byte> _held = new();

    /// <summary>Creates a censor for <paramref name="terms"/>; empty ones are passed over.</summary>
    public LogCensor(IEnumerable<string> terms)
    {
        _terms = terms
            .Where(term => term.Length > 0)
            .Distinct(StringComparer.Ordinal)
            .Select(Encoding.UTF8.GetBytes)
            .OrderByDescending(term => term.Length)
            .ToArray();
        _firstBytes = SearchValues.Create(_terms.Select(term => term[0]).Distinct().ToArray());
    }

    /// <summary>
    /// The terms that the log of a build must not show: both references, and both up to their first ":".
    /// </summary>
    public static LogCensor ForBuild(string workspaceRef, string baseRef) =>
        new([workspaceRef, baseRef, workspaceRef.Split(':')[0], baseRef.Split(':')[0]]);

    /// <summary>Takes the next bytes of the stream and writes what is certain by now to <paramref name="output"/>.</summary>
    public void Write(ReadOnlySpan<byte> input, IBufferWriter<byte> output)
    {
        if (_held.WrittenCount == 0)
        {
            var rest = Filter(input, output, endOfStream: false);
            _held.Write(rest);
            return;
        }

        _held.Write(input);
        var whole = _held.WrittenSpan.ToArray();
        _held.Clear();
        _held.Write(Filter(whole, output, endOfStream: false));
    }

    /// <summary>Ends the stream: writes what was held back because it might have become a term.</summary>
    public void Complete(IBufferWriter<byte> output)
    {
        Filter(_held.WrittenSpan, output, endOfStream: true);
        _held.Clear();
    }

    private ReadOnlySpan<byte> Filter(ReadOnlySpan<byte> input, IBufferWriter<byte> output, bool endOfStream)
    {
        while (!input.IsEmpty)
        {
            var candidate = input.IndexOfAny(_firstBytes);
            if (candidate < 0)
            {
                output.Write(input);
                return [];
            }

            output.Write(input[..candidate]);
            input = input[candidate..];
            if (!endOfStream && MayBecomeTerm(input))
            {
                return input;
            }

            var matched = MatchedLength(input);
            if (matched == 0)
            {
                output.Write(input[..1]);
                matched = 1;
            }

            input = input[matched..];
        }

        return [];
    }

    private bool MayBecomeTerm(ReadOnlySpan<byte> input)
    {
        foreach (var term in _terms)
        {
            if (input.Length < term.Length && term.AsSpan().StartsWith(input))
            {
                return true;
            }
        }

        return false;
    }

    private int MatchedLength(ReadOnlySpan<byte> input)
    {
        foreach (var term in _terms)
        {
            if (input.StartsWith(term))
            {
                return term.Length;
            }
        }

        return 0;
    }
}
