namespace ImageBuilder.Grains.References;

/// <summary>
/// One request at a time, and at most one that waits for its end: whoever may take the answer of the one under way shares it, all others share the next.
/// Used within one activation, so it needs no lock.
/// </summary>
internal sealed class SharedRequest(RequestSequence sequence, TimeProvider clock)
{
    private Running? _underWay;
    private Task<KnownAnswer>? _next;

    /// <summary>Whether a request is under way or waits.</summary>
    public bool IsBusy => _underWay is not null || _next is not null;

    /// <summary>How long the request that is under way has been so; zero when there is none.</summary>
    public TimeSpan Elapsed => _underWay is { } running ? clock.GetUtcNow() - running.Begun : TimeSpan.Zero;

    /// <summary>The answer of the request under way if its number is at least <paramref name="since"/>, else of the next.</summary>
    /// <param name="since">0: any request will do.</param>
    /// <param name="ask">Makes a request of the number that it is given.</param>
    /// <param name="isOwn">Whether the request is made because of this call.</param>
    public Task<KnownAnswer> Join(long since, Func<long, Task<KnownAnswer>> ask, out bool isOwn)
    {
        isOwn = false;
        if (_underWay is { } running && running.Number >= since)
        {
            return running.Answer;
        }

        // Between the end of a request and the start of the one that waited for it there is only the latter.
        if (_next is not null)
        {
            return _next;
        }

        isOwn = true;
        return _underWay is null ? Begin(ask) : _next = AfterAsync(_underWay.Answer, ask);
    }

    private async Task<KnownAnswer> AfterAsync(Task underWay, Func<long, Task<KnownAnswer>> ask)
    {
        await underWay.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        _next = null;
        return await Begin(ask);
    }

    private Task<KnownAnswer> Begin(Func<long, Task<KnownAnswer>> ask)
    {
        var number = sequence.Take();
        var answer = RunAsync(number, ask);
        _underWay = answer.IsCompleted ? null : new Running(number, clock.GetUtcNow(), answer);
        return answer;
    }

    private async Task<KnownAnswer> RunAsync(long number, Func<long, Task<KnownAnswer>> ask)
    {
        try
        {
            return await ask(number);
        }
        finally
        {
            _underWay = null;
        }
    }

    private sealed record Running(long Number, DateTimeOffset Begun, Task<KnownAnswer> Answer);
}
