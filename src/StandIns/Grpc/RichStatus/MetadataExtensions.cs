using Google.Protobuf;

namespace Grpc.Core;

/// <summary>Rich status in metadata.</summary>
public static class MetadataExtensions
{
    /// <summary>The trailer that carries it.</summary>
    public const string StatusDetailsTrailerName = "grpc-status-details-bin";

    /// <summary>The rich status, or null when there is none.</summary>
    /// <exception cref="InvalidProtocolBufferException">It is malformed, and <paramref name="ignoreParseError"/> is false.</exception>
    public static Google.Rpc.Status? GetRpcStatus(this Metadata metadata, bool ignoreParseError = false)
    {
        ArgumentNullException.ThrowIfNull(metadata);
        try
        {
            return metadata.GetValueBytes(StatusDetailsTrailerName) is { } bytes ? Google.Rpc.Status.Parser.ParseFrom(bytes) : null;
        }
        catch (InvalidProtocolBufferException) when (ignoreParseError)
        {
            return null;
        }
    }

    /// <summary>Puts a rich status in, in place of any that is there.</summary>
    public static void SetRpcStatus(this Metadata metadata, Google.Rpc.Status status)
    {
        ArgumentNullException.ThrowIfNull(metadata);
        ArgumentNullException.ThrowIfNull(status);
        while (metadata.Get(StatusDetailsTrailerName) is { } entry)
        {
            metadata.Remove(entry);
        }

        metadata.Add(StatusDetailsTrailerName, status.ToByteArray());
    }
}
