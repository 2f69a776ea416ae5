namespace Grpc.Wire;

/// <summary>Names and values of the gRPC protocol over HTTP/2.</summary>
internal static class GrpcHeaders
{
    public const string ContentType = "application/grpc";
    public const string Status = "grpc-status";
    public const string Message = "grpc-message";
    public const string Timeout = "grpc-timeout";
    public const string Encoding = "grpc-encoding";
    public const string AcceptEncoding = "grpc-accept-encoding";

    /// <summary>Metadata key by which a caller, or a server method, asks for its messages to be compressed; not sent.</summary>
    public const string RequestEncoding = "grpc-internal-encoding-request";

    /// <summary>"application/grpc", also with a subtype ("+proto") or parameters.</summary>
    public static bool IsGrpc(string? contentType) =>
        contentType is not null
        && contentType.StartsWith(ContentType, StringComparison.OrdinalIgnoreCase)
        && (contentType.Length == ContentType.Length || contentType[ContentType.Length] is '+' or ';');
}
