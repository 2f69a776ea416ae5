namespace ImageBuilder.Launchers.Process;

/// <summary>
/// Keeps one proxy ahead of the next build while builds follow one another, since starting it is a good part of what a build of cached layers costs.
/// A spare that nobody took within its lifetime ends, so that an idle service pays for none.
/// </summary>
internal sealed class SpareProxies : IAsyncDisposable
{
    private readonly TimeSpan _lifetime;
    private readonly Func<Task<SpareProxy>> _start;
    private readonly SemaphoreSlim _turn = new(1);
    private readonly ITimer _retirement;
    private SpareProxy? _spare;
    private bool _disposed;

    /// <summary>A keeper of proxies that <paramref name="start"/> starts; with a lifetime of zero it keeps none.</summary>
    public SpareProxies(TimeSpan lifetime, TimeProvider clock, Func<Task<SpareProxy>> start)
    {
        _lifetime = lifetime;
        _start = start;
        _retirement = clock.CreateTimer(
            static keeper => Interlocked.Exchange(ref ((SpareProxies)keeper!)._spare, null)?.Dispose(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>A spare that is ready, from now on the caller's; null when there is none.</summary>
    public SpareProxy? TryTake()
    {
        var spare = Interlocked.Exchange(ref _spare, null);
        if (spare is null or { IsReady: true })
        {
            return spare;
        }

        spare.Dispose();
        return null;
    }

    /// <summary>Starts a spare if there is none.</summary>
    /// <exception cref="IOException">It could not be started.</exception>
    public async Task ReplenishAsync()
    {
        if (_lifetime <= TimeSpan.Zero)
        {
            return;
        }

        await _turn.WaitAsync();
        try
        {
            if (_disposed)
            {
                return;
            }

            _spare ??= await _start();
            _retirement.Change(_lifetime, Timeout.InfiniteTimeSpan);
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await _turn.WaitAsync();
        _disposed = true;
        _turn.Release();
        await _retirement.DisposeAsync();
        Interlocked.Exchange(ref _spare, null)?.Dispose();
    }
}
