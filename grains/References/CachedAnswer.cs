using ImageBuilder.Grains.Messages;

namespace ImageBuilder.Grains.References;

/// <summary>The answer for one credential, and the request that is under way for it. Used within one activation, so it needs no lock.</summary>
internal sealed class CachedAnswer(TimeProvider clock, TimeSpan negativeFreshness)
{
    private ResolveAnswer? _answer;
    private Task<ResolveAnswer>? _underWay;
    private Task<ResolveAnswer>? _next;

    /// <summary>When the answer was had.</summary>
    public DateTimeOffset AnsweredAt { get; private set; } = clock.GetUtcNow();

    /// <summary>
    /// An answer no older than <paramref name="maxAge"/>: the one at hand, the one that is under way, or else that of <paramref name="ask"/>.
    /// With a maximum age of zero the request is made after this call; of any number of such callers, one makes it.
    /// </summary>
    public Task<ResolveAnswer> GetAsync(TimeSpan maxAge, Func<Task<ResolveAnswer>> ask)
    {
        if (maxAge > TimeSpan.Zero)
        {
            // Between the end of a request and the start of the one that waited for it there is only the latter.
            return IsFresh(maxAge) ? Task.FromResult(_answer!) : _underWay ?? _next ?? BeginAsync(ask);
        }

        if (_next is null && _underWay is not null)
        {
            _next = AfterAsync(_underWay, ask);
        }

        return _next ?? BeginAsync(ask);
    }

    private bool IsFresh(TimeSpan maxAge)
    {
        if (_answer is null)
        {
            return false;
        }

        var keep = _answer.Outcome == ResolveOutcome.Found || negativeFreshness > maxAge ? maxAge : negativeFreshness;
        return clock.GetUtcNow() - AnsweredAt < keep;
    }

    private async Task<ResolveAnswer> AfterAsync(Task underWay, Func<Task<ResolveAnswer>> ask)
    {
        await underWay.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        _next = null;
        return await BeginAsync(ask);
    }

    private Task<ResolveAnswer> BeginAsync(Func<Task<ResolveAnswer>> ask)
    {
        var request = AskAsync(ask);
        _underWay = request.IsCompleted ? null : request;
        return request;
    }

    private async Task<ResolveAnswer> AskAsync(Func<Task<ResolveAnswer>> ask)
    {
        try
        {
            _answer = await ask();
            AnsweredAt = clock.GetUtcNow();
            return _answer;
        }
        finally
        {
            _underWay = null;
        }
    }
}
