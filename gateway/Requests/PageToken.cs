using System.Buffers;
using System.Buffers.Binary;
using System.Buffers.Text;
using System.Security.Cryptography;
using Google.Protobuf;
using ImageBuilder.Contracts.V1;
using ImageBuilder.Grains.Messages;

namespace ImageBuilder.Gateway.Requests;

/// <summary>
/// The token of the next page: the place of the last build of the page before, and a checksum over that and the filter. It says where to go on and
/// grants nothing, so that any gateway can read another's.
/// </summary>
internal static class PageToken
{
    private const byte Form = 1;
    private const int PositionLength = 1 + sizeof(long) + 16;
    private const int ChecksumLength = 8;

    /// <summary>The token for what is behind <paramref name="position"/>.</summary>
    public static string Write(DirectoryPosition position, Filter? filter)
    {
        Span<byte> token = stackalloc byte[PositionLength + ChecksumLength];
        token[0] = Form;
        BinaryPrimitives.WriteInt64BigEndian(token[1..], position.CreatedAt.UtcTicks);
        position.Id.TryWriteBytes(token[(1 + sizeof(long))..]);
        Checksum(token[..PositionLength], filter).CopyTo(token[PositionLength..]);
        return Base64Url.EncodeToString(token);
    }

    /// <summary>The place that a token says; null when it is no token for this filter.</summary>
    public static DirectoryPosition? Read(string text, Filter? filter)
    {
        Span<byte> token = stackalloc byte[PositionLength + ChecksumLength];
        if (text.Length != Base64Url.GetEncodedLength(token.Length)
            || Base64Url.DecodeFromChars(text, token, out _, out _) != OperationStatus.Done
            || token[0] != Form
            || !token[PositionLength..].SequenceEqual(Checksum(token[..PositionLength], filter)))
        {
            return null;
        }

        var ticks = BinaryPrimitives.ReadInt64BigEndian(token[1..]);
        return ticks >= DateTimeOffset.MinValue.Ticks && ticks <= DateTimeOffset.MaxValue.Ticks
            ? new DirectoryPosition(new DateTimeOffset(ticks, TimeSpan.Zero), new Guid(token[(1 + sizeof(long))..PositionLength]))
            : null;
    }

    private static ReadOnlySpan<byte> Checksum(ReadOnlySpan<byte> position, Filter? filter) =>
        SHA256.HashData([.. position, .. (filter ?? new Filter()).ToByteArray()]).AsSpan(0, ChecksumLength);
}
