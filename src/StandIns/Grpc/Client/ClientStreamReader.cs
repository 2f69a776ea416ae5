using Grpc.Core;
using Grpc.Wire;

namespace Grpc.Net.Client;

/// <summary>The responses of a streaming call; <paramref name="start"/> gives null when the call ended without a message.</summary>
internal sealed class ClientStreamReader<TRequest, TResponse>(
    ClientCall<TRequest, TResponse> call, Task<(MessageReader Reader, HttpResponseMessage Response)?> start) : IAsyncStreamReader<TResponse>
    where TRequest : class
    where TResponse : class
{
    private int _reading;

    public TResponse Current { get; private set; } = null!;

    public async Task<bool> MoveNext(CancellationToken cancellationToken)
    {
        if (Interlocked.Exchange(ref _reading, 1) == 1)
        {
            throw new InvalidOperationException("Can't read the next message because the previous read is still in progress.");
        }

        using var cancelling = call.CancelBy(cancellationToken);
        try
        {
            Current = null!;
            if (await start is { } started && !call.IsEnded)
            {
                Current = (await call.ReadAsync(started.Reader, started.Response))!;
                return Current is not null;
            }

            var status = call.GetStatus();
            return status.StatusCode == StatusCode.OK ? false : throw call.ToException(status);
        }
        finally
        {
            Volatile.Write(ref _reading, 0);
        }
    }
}
