namespace Grpc.Core;

/// <summary>What a client call carries beside its messages.</summary>
public struct CallOptions
{
    /// <summary>Options of a call; all may be left out.</summary>
    public CallOptions(
        Metadata? headers = null,
        DateTime? deadline = null,
        CancellationToken cancellationToken = default,
        WriteOptions? writeOptions = null,
        ContextPropagationToken? propagationToken = null)
    {
        Headers = headers;
        Deadline = deadline;
        CancellationToken = cancellationToken;
        WriteOptions = writeOptions;
        PropagationToken = propagationToken;
    }

    /// <summary>Request headers.</summary>
    public Metadata? Headers { get; private set; }

    /// <summary>When the call fails with <see cref="StatusCode.DeadlineExceeded"/>, in UTC; null is never.</summary>
    public DateTime? Deadline { get; private set; }

    /// <summary>Cancels the call.</summary>
    public CancellationToken CancellationToken { get; private set; }

    /// <summary>How messages are written.</summary>
    public WriteOptions? WriteOptions { get; private set; }

    /// <summary>Of the call that this one belongs to; not used.</summary>
    public ContextPropagationToken? PropagationToken { get; private set; }

    /// <summary>The same with these headers.</summary>
    public readonly CallOptions WithHeaders(Metadata headers) => this with { Headers = headers };

    /// <summary>The same with this deadline.</summary>
    public readonly CallOptions WithDeadline(DateTime deadline) => this with { Deadline = deadline };

    /// <summary>The same with this token.</summary>
    public readonly CallOptions WithCancellationToken(CancellationToken cancellationToken) => this with { CancellationToken = cancellationToken };

    /// <summary>The same with these write options.</summary>
    public readonly CallOptions WithWriteOptions(WriteOptions writeOptions) => this with { WriteOptions = writeOptions };
}
