namespace Grpc.Wire;

/// <summary>Values of "-bin" headers: base64, whose padding the sender may leave out.</summary>
internal static class BinaryHeader
{
    public static string Encode(byte[] value) => Convert.ToBase64String(value);

    /// <exception cref="FormatException">It is not base64.</exception>
    public static byte[] Decode(string value) =>
        Convert.FromBase64String(value.PadRight((value.Length + 3) / 4 * 4, '='));
}
