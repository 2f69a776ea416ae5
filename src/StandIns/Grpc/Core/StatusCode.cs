namespace Grpc.Core;

/// <summary>How a call ended; the numbers are those of the gRPC protocol.</summary>
public enum StatusCode
{
    /// <summary>It succeeded.</summary>
    OK = 0,

    /// <summary>The caller gave it up.</summary>
    Cancelled = 1,

    /// <summary>An error that carries no better code.</summary>
    Unknown = 2,

    /// <summary>The request is wrong whatever the state of the system.</summary>
    InvalidArgument = 3,

    /// <summary>The deadline passed before the call ended.</summary>
    DeadlineExceeded = 4,

    /// <summary>What was asked for is not there.</summary>
    NotFound = 5,

    /// <summary>What was to be made is there already.</summary>
    AlreadyExists = 6,

    /// <summary>The caller is known and may not do this.</summary>
    PermissionDenied = 7,

    /// <summary>A quota, a size limit or another resource is used up.</summary>
    ResourceExhausted = 8,

    /// <summary>The system is not in the state that the call needs.</summary>
    FailedPrecondition = 9,

    /// <summary>The call lost against another one, and may be tried again as a whole.</summary>
    Aborted = 10,

    /// <summary>A position is outside the valid range.</summary>
    OutOfRange = 11,

    /// <summary>The server has no such method.</summary>
    Unimplemented = 12,

    /// <summary>Something is broken.</summary>
    Internal = 13,

    /// <summary>Not to be reached now; trying again may help.</summary>
    Unavailable = 14,

    /// <summary>Data is lost for good.</summary>
    DataLoss = 15,

    /// <summary>The caller is not known.</summary>
    Unauthenticated = 16,
}
