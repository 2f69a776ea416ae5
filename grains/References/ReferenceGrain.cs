using ImageBuilder.Grains.Messages;
using ImageBuilder.Registry.Client;
using ImageBuilder.Registry.Credentials;
using ImageBuilder.Registry.Names;
using ImageBuilder.Registry.Transport;
using Microsoft.Extensions.Logging;
using Orleans.Concurrency;
using Orleans.Placement;

namespace ImageBuilder.Grains.References;

/// <summary>
/// Calls interleave, so that all who ask while a request is under way wait for its one answer. Answers are kept apart by credential:
/// nobody is told what the registry would not tell him. A request goes on when those who wait for it leave.
/// </summary>
[RandomPlacement]
[Reentrant]
[CollectionAgeLimit(Minutes = 10)]
internal sealed partial class ReferenceGrain(
    RegistryClient registry,
    Keychain keychain,
    FingerprintKey fingerprints,
    KeptReferences kept,
    ReferenceOptions options,
    TimeProvider clock,
    ILogger<ReferenceGrain> logger) : Grain, IReferenceGrain, IDisposable
{
    /// <summary>Bounds the memory of one reference, however many credentials it is asked with; those it is being asked with at the moment are not counted.</summary>
    private const int MaxCredentials = 64;

    /// <summary>The longest that one call waits, well below the time in which Orleans expects an answer.</summary>

    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(20);

    private readonly RequestSequence _requests = new();
    private readonly Dictionary<string, CachedAnswer> _answers = [];
    private readonly CancellationTokenSource _ending = new();

    // The installation's credential is the same object until its file changes, and a keyed hash takes longer than all else of a known answer.
    // Held weakly, so that no caller's own credential is kept.
    private readonly WeakReference<RegistryCredential?> _lastCredential = new(null);
    private string _lastFingerprint = RegistryCredential.AnonymousFingerprint;

    private ImageReference _reference = null!;
    private Platform? _platform;
    private Precached _precached = Precached.Nothing;
    private TimeSpan _longestMaxAge;
    private bool _isKept;

    /// <inheritdoc />
    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        (_reference, _platform) = ReferenceKey.Parse(this.GetPrimaryKeyString());
        return Task.CompletedTask;
    }

    /// <inheritdoc />
    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        if (_isKept)
        {
            kept.GiveBack();
        }

        return _ending.CancelAsync();
    }

    /// <inheritdoc />
    public void Dispose() => _ending.Dispose();

    /// <inheritdoc />
    public async Task<ResolveAnswer> Resolve(ResolveQuery query)
    {
        var begun = clock.GetTimestamp();
        var access = query.Access.ToAccess();
        ToldAnswer told;
        try
        {
            var credential = await keychain.FindAsync(_reference.Domain, access, CancellationToken.None);
            var since = query.Ticket is { } ticket && ticket.Activation == _requests.Id ? ticket.Request : _requests.Next;
            var telling = AskAsync(credential, query.MaxAge, query.Patient, since);
            if (!await IsToldAsync(telling))
            {
                return new ResolveAnswer(
                    ResolveOutcome.Waiting, string.Empty, string.Empty, new ResolveTicket(_requests.Id, since, WaitedSince(begun, query)));
            }

            told = await telling;
        }
        catch (CredentialsException error)
        {
            told = new ToldAnswer(new ResolveAnswer(ResolveOutcome.Failed, string.Empty, error.Message), AnswerSource.None);
        }

        Instruments.Resolved(told.Answer.Outcome, told.Source, WaitedSince(begun, query));
        // What is kept is shared by callers with other allow lists.
        return told.Answer.Outcome == ResolveOutcome.Denied && access.WhyDenied(_reference.Domain) is { } why
            ? told.Answer with { Message = $"{told.Answer.Message}; {why}" }
            : told.Answer;
    }

    /// <inheritdoc />
    public async Task<ResolveAnswer> Precache(TimeSpan interval)
    {
        RegistryCredential? own;
        try
        {
            own = await keychain.FindAsync(_reference.Domain, RegistryAccess.All, CancellationToken.None);
        }
        catch (CredentialsException error)
        {
            return new ResolveAnswer(ResolveOutcome.Failed, string.Empty, error.Message);
        }

        RegistryCredential?[] credentials = FingerprintOf(own) == RegistryCredential.AnonymousFingerprint ? [null] : [own, null];
        _precached = new Precached([.. credentials.Select(FingerprintOf)], interval, clock.GetUtcNow() + interval);
        var answers = await Task.WhenAll(credentials.Select(credential => RenewAsync(credential, interval / 2)));
        return answers.FirstOrDefault(answer => answer.Outcome == ResolveOutcome.Found) ?? answers[0];
    }

    private async Task<bool> IsToldAsync(Task telling)
    {
        if (!telling.IsCompleted)
        {
            await telling.WaitAsync(LongPoll.Wait, clock).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        }

        return telling.IsCompleted;
    }

    private TimeSpan WaitedSince(long begun, ResolveQuery query) => clock.GetElapsedTime(begun) + (query.Ticket?.Waited ?? TimeSpan.Zero);

    private async Task<ResolveAnswer> RenewAsync(RegistryCredential? credential, TimeSpan maxAge)
    {
        var isFresh = AnswerFor(FingerprintOf(credential)).IsFresh(maxAge);
        var telling = AskAsync(credential, isFresh ? maxAge : TimeSpan.Zero, patient: true, _requests.Next);
        return await IsToldAsync(telling)
            ? (await telling).Answer
            : new ResolveAnswer(ResolveOutcome.Waiting, string.Empty, $"registry {_reference.Domain} has not answered yet");
    }

    private Task<ToldAnswer> AskAsync(RegistryCredential? credential, TimeSpan maxAge, bool patient, long since)
    {
        var fingerprint = FingerprintOf(credential);
        if (maxAge > TimeSpan.Zero)
        {
            _longestMaxAge = Longer(maxAge, _longestMaxAge);
            maxAge = _precached.Has(fingerprint) && clock.GetUtcNow() < _precached.Until ? Longer(maxAge, _precached.Interval) : maxAge;
        }

        return AnswerFor(fingerprint).GetAsync(new Question(maxAge, patient, since), isPatient => RequestAsync(credential, isPatient));
    }

    private string FingerprintOf(RegistryCredential? credential)
    {
        if (credential is null)
        {
            return RegistryCredential.AnonymousFingerprint;
        }

        if (!_lastCredential.TryGetTarget(out var last) || !ReferenceEquals(last, credential))
        {
            _lastCredential.SetTarget(credential);
            _lastFingerprint = fingerprints.Of(credential);
        }

        return _lastFingerprint;
    }

    private CachedAnswer AnswerFor(string fingerprint)
    {
        if (!_answers.TryGetValue(fingerprint, out var answer))
        {
            MakeRoom();
            answer = new CachedAnswer(options, _requests, clock);
            _answers.Add(fingerprint, answer);
        }

        return answer;
    }

    private void MakeRoom()
    {
        while (_answers.Count >= MaxCredentials)
        {
            var unused = _answers
                .Where(known => !known.Value.IsBusy && !_precached.Has(known.Key))
                .OrderBy(known => known.Value.HasDigest)
                .ThenBy(known => known.Value.LastUsed)
                .Select(known => known.Key)
                .FirstOrDefault();
            if (unused is null)
            {
                return;
            }

            _answers.Remove(unused);
        }
    }

    private async Task<Asked> RequestAsync(RegistryCredential? credential, bool isPatient)
    {
        var call = isPatient ? RegistryCall.Patient : new RegistryCall { Deadline = Deadline };
        using var deadline = new CancellationTokenSource(call.Deadline, clock);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, _ending.Token);
        try
        {
            var (digest, source) = await FindAsync(credential, call, end.Token);
            Keep();
            return new Asked(new ResolveAnswer(ResolveOutcome.Found, digest.ToString(), string.Empty), source);
        }
        catch (RegistryException error)
        {
            return Refused(OutcomeOf(error.Error), Redaction.Of(error.Message, credential));
        }
        catch (OperationCanceledException) when (end.IsCancellationRequested)
        {
            return Refused(
                ResolveOutcome.Failed,
                _ending.IsCancellationRequested
                    ? "the service is stopping; please ask again"
                    : $"registry {_reference.Domain} did not answer within {call.Deadline.TotalSeconds} s");
        }
        catch (Exception error)
        {
            LogFailed(logger, error, _reference.ToString());
            return Refused(ResolveOutcome.Failed, "the service failed; its log says how");
        }
    }

    private async Task<Resolution> FindAsync(RegistryCredential? credential, RegistryCall call, CancellationToken cancellationToken)
    {
        if (_platform is not null)
        {
            return await registry.ResolveAsync(_reference, _platform, credential, call, cancellationToken);
        }

        // Whether an image is in our own repository is no question for a mirror.
        var manifest = await registry.HeadManifestAsync(_reference, credential, call with { UseMirrors = false }, cancellationToken)
            ?? throw new RegistryException(RegistryError.NotFound, _reference.Domain, $"{_reference} does not exist in registry {_reference.Domain}");
        return new Resolution(manifest.Digest, ResolutionSource.Head);
    }

    private static Asked Refused(ResolveOutcome outcome, string message) => new(new ResolveAnswer(outcome, string.Empty, message), ResolutionSource.Head);

    private static ResolveOutcome OutcomeOf(RegistryError error) => error switch
    {
        RegistryError.NotFound => ResolveOutcome.NotFound,
        RegistryError.Unauthorized or RegistryError.Denied => ResolveOutcome.Denied,
        RegistryError.RateLimited => ResolveOutcome.RateLimited,
        RegistryError.NoMatchingPlatform or RegistryError.Rejected or RegistryError.TooLarge => ResolveOutcome.Unusable,
        _ => ResolveOutcome.Failed,
    };

    private static TimeSpan Longer(TimeSpan a, TimeSpan b) => a > b ? a : b;

    /// <summary>Stays in memory for as long as the digest may be given out.</summary>
    private void Keep()
    {
        var freshness = Longer(_longestMaxAge, _precached.Interval);
        if (freshness > TimeSpan.Zero && (_isKept || (_isKept = kept.TryTake())))
        {
            DelayDeactivation(freshness + options.StaleIfError);
        }
    }
}
