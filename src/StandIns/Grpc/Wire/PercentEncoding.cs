using System.Text;

namespace Grpc.Wire;

/// <summary>grpc-message: UTF-8, where every byte but printable ASCII without "%" is written as %XX.</summary>
internal static class PercentEncoding
{
    public static string Encode(string text)
    {
        if (!text.AsSpan().ContainsAnyExceptInRange(' ', '~') && !text.Contains('%', StringComparison.Ordinal))
        {
            return text;
        }

        var encoded = new StringBuilder(text.Length + 16);
        foreach (var octet in Encoding.UTF8.GetBytes(text))
        {
            if (octet is >= 0x20 and <= 0x7e and not (byte)'%')
            {
                encoded.Append((char)octet);
            }
            else
            {
                encoded.Append('%').Append(Convert.ToHexString([octet]));
            }
        }

        return encoded.ToString();
    }

    /// <summary>What is not well encoded is kept as it is.</summary>
    public static string Decode(string text) => Uri.UnescapeDataString(text);
}
