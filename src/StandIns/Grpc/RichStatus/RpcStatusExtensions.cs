namespace Grpc.Core;

/// <summary>From rich status to exception.</summary>
public static class RpcStatusExtensions
{
    /// <summary>An exception of that code and message; a code that gRPC does not have becomes <see cref="StatusCode.Unknown"/>.</summary>
    public static RpcException ToRpcException(this Google.Rpc.Status status)
    {
        ArgumentNullException.ThrowIfNull(status);
        return status.ToRpcException(Enum.IsDefined((StatusCode)status.Code) ? (StatusCode)status.Code : StatusCode.Unknown, status.Message);
    }

    /// <summary>An exception of another code and message, which carries the rich status.</summary>
    public static RpcException ToRpcException(this Google.Rpc.Status status, StatusCode statusCode, string message)
    {
        ArgumentNullException.ThrowIfNull(status);
        var trailers = new Metadata();
        trailers.SetRpcStatus(status);
        return new RpcException(new Status(statusCode, message), trailers);
    }
}
