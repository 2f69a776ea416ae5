using System.Text;

namespace ImageBuilder.Bob.Processes;

/// <summary>The last 16 KiB of what a program wrote.</summary>
internal sealed class OutputTail
{
    private const int Size = 16 << 10;

    private readonly byte[] _ring = new byte[Size];
    private long _length;

    /// <summary>Adds <paramref name="bytes"/> at the end.</summary>
    public void Append(ReadOnlySpan<byte> bytes)
    {
        var rest = bytes.Length > Size ? bytes[^Size..] : bytes;
        var start = (int)((_length + bytes.Length - rest.Length) % Size);
        var first = Math.Min(rest.Length, Size - start);
        rest[..first].CopyTo(_ring.AsSpan(start));
        rest[first..].CopyTo(_ring);
        _length += bytes.Length;
    }

    /// <inheritdoc />
    public override string ToString()
    {
        var end = (int)(_length % Size);
        return _length <= Size
            ? Encoding.UTF8.GetString(_ring, 0, (int)_length)
            : Encoding.UTF8.GetString([.. _ring.AsSpan(end), .. _ring.AsSpan(0, end)]);
    }
}
