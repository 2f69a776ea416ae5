namespace Grpc.Core;

/// <summary>Rich status of a failed call.</summary>
public static class RpcExceptionExtensions
{
    /// <summary>The rich status, or null when there is none.</summary>
    public static Google.Rpc.Status? GetRpcStatus(this RpcException ex)
    {
        ArgumentNullException.ThrowIfNull(ex);
        return ex.Trailers.GetRpcStatus();
    }
}
