namespace Grpc.Core;

/// <summary>A status code and its explanation.</summary>
public struct Status
{
    /// <summary><see cref="StatusCode.OK"/> without a detail.</summary>
    public static readonly Status DefaultSuccess = new(StatusCode.OK, string.Empty);

    /// <summary><see cref="StatusCode.Cancelled"/> without a detail.</summary>
    public static readonly Status DefaultCancelled = new(StatusCode.Cancelled, string.Empty);

    /// <summary>A status without the exception behind it.</summary>
    public Status(StatusCode statusCode, string detail)
        : this(statusCode, detail, null)
    {
    }

    /// <summary>A status with the local exception behind it, which never goes over the wire.</summary>
    public Status(StatusCode statusCode, string detail, Exception? debugException)
    {
        StatusCode = statusCode;
        Detail = detail;
        DebugException = debugException;
    }

    /// <summary>How the call ended.</summary>
    public StatusCode StatusCode { get; }

    /// <summary>Why, for people.</summary>
    public string Detail { get; }

    /// <summary>The local exception behind a failure, when there is one.</summary>
    public Exception? DebugException { get; }

    /// <inheritdoc />
    public override readonly string ToString() => DebugException is null
        ? $"Status(StatusCode=\"{StatusCode}\", Detail=\"{Detail}\")"
        : $"Status(StatusCode=\"{StatusCode}\", Detail=\"{Detail}\", DebugException=\"{DebugException.GetType()}: {DebugException.Message}\")";
}
