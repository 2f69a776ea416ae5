namespace Grpc.Core;

/// <summary>The messages that come in; read one after the other, never two at once.</summary>
public interface IAsyncStreamReader<out T>
{
    /// <summary>The message that <see cref="MoveNext"/> read.</summary>
    T Current { get; }

    /// <summary>Reads the next message; false at the end.</summary>
    /// <exception cref="RpcException">The call failed (on the client), or the peer broke the protocol.</exception>
    Task<bool> MoveNext(CancellationToken cancellationToken);
}
