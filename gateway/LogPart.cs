using System.Runtime.InteropServices;
using ImageBuilder.Grains.Messages;

namespace ImageBuilder.Gateway;

/// <summary>A piece of a build's log on its way to a client.</summary>
/// <param name="Offset">Where the content begins; greater than where the piece before ended when the bytes between are no longer kept.</param>
/// <param name="Content">The bytes, which several clients may share and nobody may write to; may be empty.</param>
/// <param name="Ended">Whether the log ends behind this piece for good.</param>
internal sealed record LogPart(long Offset, ReadOnlyMemory<byte> Content, bool Ended)
{
    /// <summary>Where the next piece begins.</summary>
    public long Next => Offset + Content.Length;

    /// <summary>What <paramref name="chunk"/> holds from <paramref name="offset"/> on.</summary>
    public static LogPart Of(LogChunk chunk, long offset) =>
        new LogPart(chunk.Offset, ImmutableCollectionsMarshal.AsArray(chunk.Content), chunk.Ended).From(offset);

    /// <summary>What this piece holds from <paramref name="offset"/> on.</summary>
    public LogPart From(long offset) =>
        offset <= Offset ? this : new LogPart(offset, Content[(int)Math.Min(offset - Offset, Content.Length)..], Ended);

    /// <summary>The same in pieces of at most <paramref name="size"/> bytes; one when it is empty.</summary>
    public IEnumerable<LogPart> Cut(int size)
    {
        var rest = this;
        for (; rest.Content.Length > size; rest = rest.From(rest.Offset + size))
        {
            yield return new LogPart(rest.Offset, rest.Content[..size], Ended: false);
        }

        yield return rest;
    }
}
