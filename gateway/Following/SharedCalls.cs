namespace ImageBuilder.Gateway.Following;

/// <summary>Calls that one makes for all who ask for the same at once. A call ends early when nobody waits for it any more.</summary>
internal sealed class SharedCalls<TKey, TResult>
    where TKey : notnull
{
    private readonly Lock _lock = new();
    private readonly Dictionary<TKey, Flight> _flights = [];

    /// <summary>The result of the call for <paramref name="key"/> that is under way, or else of <paramref name="call"/>.</summary>
    public async Task<TResult> CallAsync(TKey key, Func<CancellationToken, Task<TResult>> call, CancellationToken cancellationToken)
    {
        var flight = Join(key, call);
        try
        {
            return await flight.Result.WaitAsync(cancellationToken);
        }
        finally
        {
            Leave(key, flight);
        }
    }

    private Flight Join(TKey key, Func<CancellationToken, Task<TResult>> call)
    {
        lock (_lock)
        {
            // One that has landed would answer with the past.
            if (!_flights.TryGetValue(key, out var flight) || flight.Result.IsCompleted)
            {
                flight = new Flight(call);
                _flights[key] = flight;
            }

            flight.Callers++;
            return flight;
        }
    }

    private void Leave(TKey key, Flight flight)
    {
        lock (_lock)
        {
            if (--flight.Callers > 0)
            {
                return;
            }

            if (_flights.TryGetValue(key, out var current) && current == flight)
            {
                _flights.Remove(key);
            }
        }

        flight.Dispose();
    }

    private sealed class Flight : IDisposable
    {
        private readonly CancellationTokenSource _abandoned = new();

        public Flight(Func<CancellationToken, Task<TResult>> call) => Result = Task.Run(() => call(_abandoned.Token));

        public Task<TResult> Result { get; }

        public int Callers { get; set; }

        /// <summary>Ends the call if it has not ended.</summary>
        public void Dispose()
        {
            _abandoned.Cancel();
            _abandoned.Dispose();
        }
    }
}
