using System.Data.Common;
using System.Net.Sockets;
using Orleans.Runtime;

namespace ImageBuilder.Grains;

/// <summary>
/// Calls to grains that outlast the loss of a silo: a call that got no answer, or was refused because the place of its grain was in
/// doubt, is made again. Only for calls that may be made twice.
/// </summary>
public sealed class GrainCalls(TimeProvider clock)
{
    private const int MaxTries = 30;

    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(1);

    /// <summary>Makes the call, at most 30 times, with growing pauses.</summary>
    public Task<T> RetryAsync<T>(Func<Task<T>> call, CancellationToken cancellationToken) => RetryAsync(call, IsPassing, cancellationToken);

    /// <summary>
    /// Makes the call in the same way, to a grain whose unreadable state was put aside: an activation that had read the state before fails, and with it all calls
    /// that wait for it, this one among them.
    /// </summary>
    public Task<T> RetryAfterSetAsideAsync<T>(Func<Task<T>> call, CancellationToken cancellationToken) =>
        RetryAsync(call, error => error is UnreadableStateException || IsPassing(error), cancellationToken);

    /// <summary>
    /// Whether a call that failed so may succeed when it is made again. What a database throws comes from Orleans' own providers, such as the one of reminders;
    /// what does not pass is told after the last try.
    /// </summary>
    public static bool IsPassing(Exception error) =>
        error is TimeoutException or SiloUnavailableException or OrleansMessageRejectionException or StoreUnavailableException or DbException or SocketException;

    private async Task<T> RetryAsync<T>(Func<Task<T>> call, Func<Exception, bool> isPassing, CancellationToken cancellationToken)
    {
        var pause = FirstPause;
        for (var tries = 1; ; tries++)
        {
            try
            {
                return await call().WaitAsync(cancellationToken);
            }
            catch (Exception error) when (tries < MaxTries && isPassing(error))
            {
                await Task.Delay(pause, clock, cancellationToken);
                pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
            }
        }
    }
}
