using System.IO.Compression;

namespace Grpc.Wire;

/// <summary>The message encodings that both sides know.</summary>
internal static class Compression
{
    public const string Identity = "identity";
    public const string Gzip = "gzip";
    public const string Deflate = "deflate";

    /// <summary>As grpc-accept-encoding carries them.</summary>
    public const string Accepted = "identity,gzip,deflate";

    public static bool IsKnown(string encoding) => encoding is Gzip or Deflate;

    public static Stream Compress(string encoding, Stream to, CompressionLevel level) => encoding == Gzip
        ? new GZipStream(to, level, leaveOpen: true)
        : new ZLibStream(to, level, leaveOpen: true);

    public static Stream Decompress(string encoding, Stream from) => encoding == Gzip
        ? new GZipStream(from, CompressionMode.Decompress)
        : new ZLibStream(from, CompressionMode.Decompress);
}
