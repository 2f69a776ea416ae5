namespace Grpc.Core;

/// <summary>A call that did not end with <see cref="StatusCode.OK"/>; a server method throws it to choose status and trailers.</summary>
public class RpcException : Exception
{
    /// <summary>A failure without trailers.</summary>
    public RpcException(Status status)
        : this(status, Metadata.Empty, status.ToString())
    {
    }

    /// <summary>A failure with a message of its own.</summary>
    public RpcException(Status status, string message)
        : this(status, Metadata.Empty, message)
    {
    }

    /// <summary>A failure with trailers.</summary>
    public RpcException(Status status, Metadata trailers)
        : this(status, trailers, status.ToString())
    {
    }

    /// <summary>A failure with trailers and a message of its own.</summary>
    public RpcException(Status status, Metadata trailers, string message)
        : base(message, status.DebugException)
    {
        ArgumentNullException.ThrowIfNull(trailers);
        Status = status;
        Trailers = trailers;
    }

    /// <summary>How the call ended, and why.</summary>
    public Status Status { get; }

    /// <summary>How the call ended.</summary>
    public StatusCode StatusCode => Status.StatusCode;

    /// <summary>The metadata that came, or goes, with the status.</summary>
    public Metadata Trailers { get; }
}
