using System.Security.Cryptography;
using System.Text;

namespace ImageBuilder.Sandbox.Logs;

/// <summary>
/// A log of any length whose every byte follows from its offset: numbered lines of 100 bytes, some of which are progress lines and some of which are
/// no UTF-8.
/// </summary>
public static class LogText
{
    private const int LineLength = 100;

    private static readonly byte[] s_words = Words();

    /// <summary>Fills <paramref name="buffer"/> with what the log holds from <paramref name="offset"/> on.</summary>
    public static void Fill(long offset, Span<byte> buffer)
    {
        Span<byte> line = stackalloc byte[LineLength];
        while (!buffer.IsEmpty)
        {
            var (number, within) = Math.DivRem(offset, LineLength);
            Write(number, line);
            var taken = Math.Min(LineLength - (int)within, buffer.Length);
            line.Slice((int)within, taken).CopyTo(buffer);
            buffer = buffer[taken..];
            offset += taken;
        }
    }

    /// <summary>The SHA-256 of the first <paramref name="length"/> bytes, in lowercase hexadecimal.</summary>
    public static string Hash(long length)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = new byte[LineLength * 1000];
        for (long offset = 0; offset < length; offset += buffer.Length)
        {
            Fill(offset, buffer);
            hash.AppendData(buffer.AsSpan(0, (int)Math.Min(buffer.Length, length - offset)));
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static void Write(long number, Span<byte> line)
    {
        number.TryFormat(line, out _, "x16");
        line[16] = (byte)' ';
        s_words.AsSpan((int)(number * 31 % (s_words.Length - LineLength)), LineLength - 18).CopyTo(line[17..]);
        line[^2] = number % 64 == 0 ? (byte)0xff : (byte)'.';
        line[^1] = number % 8 == 0 ? (byte)'\r' : (byte)'\n';
    }

    private static byte[] Words()
    {
        var random = new Random(4);
        var words = new StringBuilder();
        while (words.Length < 8_000)
        {
            words.Append(random.GetItems<char>("etaoinshrdlucmfwypvbgkjqxz0123456789-./", random.Next(2, 12))).Append(' ');
        }

        return Encoding.ASCII.GetBytes(words.ToString());
    }
}
