namespace ImageBuilder.Registry.Transport;

/// <summary>When a request is tried again: after transient failures a few times with growing, jittered waits, and after 429 as the caller chose.</summary>
internal sealed class RetryLoop(RegistryTransportOptions options, TimeProvider time)
{
    private static readonly TimeSpan ShortestRateLimitWait = TimeSpan.FromSeconds(1);

    /// <summary>Runs <paramref name="attempt"/> until it succeeds, fails for good, or the time is over.</summary>
    public async Task<T> RunAsync<T>(string host, string what, RegistryCall call, Func<CallDeadline, Task<T>> attempt, CancellationToken cancellationToken)
    {
        using var deadline = new CallDeadline(call, time, cancellationToken);
        var failures = 0;
        while (true)
        {
            TimeSpan wait;
            RegistryException failure;
            try
            {
                return await attempt(deadline);
            }
            catch (TransientFailureException e)
            {
                if (failures >= options.Retries)
                {
                    throw e.Failure;
                }

                wait = Max(Jittered(options.RetryDelay, failures++), e.RetryAfter ?? TimeSpan.Zero);
                failure = e.Failure;
            }
            catch (RegistryException e) when (e.Error == RegistryError.RateLimited && call.Retry == RegistryRetry.Wait)
            {
                // Never earlier than asked; a little later, so that not all who wait come back at once.
                wait = Max(e.RetryAfter ?? ShortestRateLimitWait, ShortestRateLimitWait) * (1 + (0.1 * Random.Shared.NextDouble()));
                failure = e;
            }
            catch (OperationCanceledException e) when (deadline.IsOver && !cancellationToken.IsCancellationRequested)
            {
                throw new RegistryException(RegistryError.Timeout, host, $"cannot {what}: registry {host} did not answer within {call.Deadline.TotalSeconds:0.#} s", e);
            }

            if (wait >= deadline.Remaining)
            {
                throw failure;
            }

            await Task.Delay(wait, time, cancellationToken);
        }
    }

    private TimeSpan Jittered(TimeSpan first, int failures) =>
        Min(first * Math.Pow(2, failures), options.MaximumRetryDelay) * (0.5 + (0.5 * Random.Shared.NextDouble()));

    private static TimeSpan Max(TimeSpan a, TimeSpan b) => a > b ? a : b;

    private static TimeSpan Min(TimeSpan a, TimeSpan b) => a < b ? a : b;
}
