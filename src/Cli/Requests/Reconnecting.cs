using Grpc.Core;

namespace ImageBuilder.Cli.Requests;

/// <summary>Streams that outlast a restart of the service: each is asked for again from where the last one broke off.</summary>
internal static class Reconnecting
{
    private const int MaxTries = 30;

    private static readonly TimeSpan s_pause = TimeSpan.FromSeconds(1);

    /// <summary>Reads a stream to its end.</summary>
    /// <param name="call">Asks for what has not been read yet.</param>
    /// <param name="read">Takes each message.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="RpcException">The service refuses, or has not been there for half a minute.</exception>
    public static async Task ReadAsync<T>(
        Func<AsyncServerStreamingCall<T>> call, Func<T, ValueTask> read, CancellationToken cancellationToken)
    {
        for (var tries = 1; ; tries++)
        {
            try
            {
                using var stream = call();
                await foreach (var message in stream.ResponseStream.ReadAllAsync(cancellationToken))
                {
                    await read(message);
                    tries = 0;
                }

                return;
            }
            catch (RpcException error) when (error.StatusCode == StatusCode.Unavailable && tries < MaxTries)
            {
                await Task.Delay(s_pause, cancellationToken);
            }
        }
    }
}
