using ImageBuilder.Grains.Messages;
using ImageBuilder.Registry.Client;

namespace ImageBuilder.Grains.References;

/// <summary>
/// The answer for one credential, and the requests that are under way for it: one that is told "too many requests" at once, and one that waits that out,
/// so that nobody waits for longer than he is willing to, and nobody is refused because somebody else was in a hurry. Used within one activation, so it
/// needs no lock.
/// </summary>
internal sealed class CachedAnswer(ReferenceOptions options, RequestSequence sequence, TimeProvider clock)
{
    /// <summary>How long an answer that is no digest is kept, and how long a registry that failed is left alone.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(5);

    /// <summary>How long a registry is taken for down after it failed.</summary>
    private static readonly TimeSpan Outage = TimeSpan.FromSeconds(30);

    /// <summary>How long a registry may take before it counts as down for those who have something stale to go on with.</summary>
    private static readonly TimeSpan StaleWait = TimeSpan.FromSeconds(5);

    private readonly SharedRequest _prompt = new(sequence, clock);
    private readonly SharedRequest _patient = new(sequence, clock);

    /// <summary>The last answer.</summary>
    private KnownAnswer? _last;

    /// <summary>The last digest, until the registry says otherwise.</summary>
    private KnownAnswer? _found;

    /// <summary>Whether a request is under way.</summary>
    public bool IsBusy => _prompt.IsBusy || _patient.IsBusy;

    /// <summary>Whether there is a digest.</summary>
    public bool HasDigest => _found is not null;

    /// <summary>When it was last asked.</summary>
    public DateTimeOffset LastUsed { get; private set; }

    /// <summary>
    /// An answer for <paramref name="question"/>: the one at hand, the one that is under way, or else that of <paramref name="ask"/>, which is told whether
    /// to wait out "too many requests".
    /// </summary>
    public Task<ToldAnswer> GetAsync(Question question, Func<bool, Task<Asked>> ask)
    {
        var now = LastUsed = clock.GetUtcNow();
        if (_found is { } found)
        {
            if (found.Request >= question.Since || IsWithin(question.MaxAge, found, now))
            {
                return Task.FromResult(new ToldAnswer(found.Answer, AnswerSource.Cache));
            }

            if (question.MaxAge > TimeSpan.Zero)
            {
                var servesOnError = IsWithin(question.MaxAge + options.StaleIfError, found, now);
                if (IsWithin(question.MaxAge + options.StaleWhileRevalidate, found, now) || (servesOnError && IsFailing(Outage, now)))
                {
                    Refresh(now, ask);
                    return Task.FromResult(new ToldAnswer(found.Answer, AnswerSource.Stale));
                }

                if (servesOnError)
                {
                    return AskOrStaleAsync(question, ask);
                }
            }
        }

        return _last is { IsFound: false } last && Serves(last, question, now)
            ? Task.FromResult(new ToldAnswer(last.Answer, AnswerSource.Cache))
            : AskAsync(question, ask);
    }

    /// <summary>Whether there is a digest that was had within <paramref name="maxAge"/>.</summary>
    public bool IsFresh(TimeSpan maxAge) => _found is { } found && IsWithin(maxAge, found, clock.GetUtcNow());

    private static bool IsWithin(TimeSpan age, KnownAnswer known, DateTimeOffset now) => now - known.At < age && now >= known.At;

    private static ToldAnswer Tell(KnownAnswer known, bool isOwn) => new(
        known.Answer, !isOwn ? AnswerSource.Shared : known.Source == ResolutionSource.Get ? AnswerSource.Get : AnswerSource.Head);

    private static bool Serves(KnownAnswer last, Question question, DateTimeOffset now) =>
        question.IsPatient && last.IsRateLimited ? last.IsPatient && last.Request >= question.Since
        : last.Request >= question.Since || IsWithin(question.MaxAge < Pause ? question.MaxAge : Pause, last, now);

    private bool IsFailing(TimeSpan lately, DateTimeOffset now) => _last is { IsFault: true } last && IsWithin(lately, last, now);

    /// <summary>Asks the registry, unless it is being asked or failed a moment ago; nobody waits for the answer.</summary>
    private void Refresh(DateTimeOffset now, Func<bool, Task<Asked>> ask)
    {
        if (!_prompt.IsBusy && !IsFailing(Pause, now))
        {
            _ = AskPromptly(0, ask, out _);
        }
    }

    private async Task<ToldAnswer> AskAsync(Question question, Func<bool, Task<Asked>> ask)
    {
        // Who takes an older answer takes that of any request under way.
        var since = question.MaxAge > TimeSpan.Zero ? 0 : question.Since;
        var isLimited = question.IsPatient
            && ((_last is { IsRateLimited: true } && IsFailing(Pause, clock.GetUtcNow())) || (since == 0 && _patient.IsBusy));
        if (!isLimited)
        {
            var prompt = await AskPromptly(since, ask, out var isOwn);
            if (!question.IsPatient || !prompt.IsRateLimited)
            {
                return Tell(prompt, isOwn);
            }
        }

        while (true)
        {
            var patient = await _patient.Join(since, number => RunAsync(number, isPatient: true, ask), out var isOwn);
            // A request that began before the question may have used up its patience.
            if (!patient.IsRateLimited || patient.Request >= question.Since)
            {
                return Tell(patient, isOwn);
            }
        }
    }

    private async Task<ToldAnswer> AskOrStaleAsync(Question question, Func<bool, Task<Asked>> ask)
    {
        var request = AskPromptly(0, ask, out var isOwn);
        var wait = StaleWait - _prompt.Elapsed;
        try
        {
            var answer = await request.WaitAsync(wait > TimeSpan.Zero ? wait : TimeSpan.Zero, clock);
            if (!answer.IsFault)
            {
                return Tell(answer, isOwn);
            }
        }
        catch (TimeoutException)
        {
            // Slow counts as down.
        }

        // Meanwhile a patient request may have been told that there is no such image any more.
        return _found is { } found ? new ToldAnswer(found.Answer, AnswerSource.Stale) : await AskAsync(question, ask);
    }

    private Task<KnownAnswer> AskPromptly(long since, Func<bool, Task<Asked>> ask, out bool isOwn) =>
        _prompt.Join(since, number => RunAsync(number, isPatient: false, ask), out isOwn);

    private async Task<KnownAnswer> RunAsync(long number, bool isPatient, Func<bool, Task<Asked>> ask)
    {
        var asked = await ask(isPatient);
        _last = new KnownAnswer(asked.Answer, asked.Source, number, isPatient, clock.GetUtcNow());
        _found = _last.IsFound ? _last : _last.IsFault ? _found : null;
        return _last;
    }
}
