using ImageBuilder.Grains.Messages;
using ImageBuilder.Grains.References;
using ImageBuilder.Registry.Client;
using ImageBuilder.Testing;

namespace ImageBuilder.Grains.Tests.References;

public sealed class CachedAnswerTests
{
    private static readonly ResolveAnswer Found = new(ResolveOutcome.Found, "sha256:1", string.Empty);
    private static readonly ResolveAnswer Newer = new(ResolveOutcome.Found, "sha256:2", string.Empty);
    private static readonly ResolveAnswer NotFound = Refusal(ResolveOutcome.NotFound);
    private static readonly ResolveAnswer RateLimited = Refusal(ResolveOutcome.RateLimited);

    private readonly ManualTimeProvider _clock = new();
    private readonly RequestSequence _sequence = new();
    private readonly CachedAnswer _cached;
    private readonly List<bool> _asked = [];

    public CachedAnswerTests() => _cached = new CachedAnswer(
        new ReferenceOptions { StaleWhileRevalidate = TimeSpan.FromSeconds(60), StaleIfError = TimeSpan.FromSeconds(3600) }, _sequence, _clock);

    [Fact]
    public async Task GetAsync_WithinMaxAge_AsksOnce()
    {
        (await GetAsync(60, Found)).Source.ShouldBe(AnswerSource.Head);
        Advance(59);

        (await GetAsync(60, NotFound)).ShouldBe(new ToldAnswer(Found, AnswerSource.Cache));

        _asked.Count.ShouldBe(1);
    }

    [Fact]
    public async Task GetAsync_SmallerMaxAge_CountsForItsCallerAlone()
    {
        await GetAsync(60, Found);
        Advance(100);

        (await GetAsync(101, Newer)).Source.ShouldBe(AnswerSource.Cache);
        _asked.Count.ShouldBe(1);
        (await GetAsync(10, Newer)).Answer.ShouldBe(Newer);

        _asked.Count.ShouldBe(2);
    }

    [Theory]
    [InlineData(ResolveOutcome.NotFound)]
    [InlineData(ResolveOutcome.Denied)]
    [InlineData(ResolveOutcome.RateLimited)]
    [InlineData(ResolveOutcome.Failed)]
    [InlineData(ResolveOutcome.Unusable)]
    public async Task GetAsync_NoDigest_IsKeptForFiveSeconds(ResolveOutcome outcome)
    {
        var negative = Refusal(outcome);
        await GetAsync(60, negative);
        Advance(4.9);
        (await GetAsync(60, Found)).Answer.ShouldBe(negative);

        Advance(0.1);

        (await GetAsync(60, Found)).Answer.ShouldBe(Found);
        _asked.Count.ShouldBe(2);
    }

    [Fact]
    public async Task GetAsync_NegativeAnswerAndSmallerMaxAge_TheSmallerCounts()
    {
        await GetAsync(1, NotFound);
        Advance(1);

        (await GetAsync(1, Found)).Answer.ShouldBe(Found);
    }

    [Fact]
    public async Task GetAsync_MaxAgeZero_AsksEveryTime()
    {
        await GetAsync(0, NotFound);

        (await GetAsync(0, Found)).Answer.ShouldBe(Found);
        (await GetAsync(0, NotFound)).Answer.ShouldBe(NotFound);

        _asked.Count.ShouldBe(3);
    }

    [Fact]
    public async Task GetAsync_RequestUnderWay_IsShared()
    {
        var answer = new TaskCompletionSource<ResolveAnswer>();
        var waiting = Enumerable.Range(0, 100).Select(_ => GetAsync(60, answer.Task)).ToArray();

        answer.SetResult(Found);

        var told = await Task.WhenAll(waiting);
        told.ShouldAllBe(each => each.Answer == Found);
        told.Count(each => each.Source == AnswerSource.Shared).ShouldBe(99);
        _asked.Count.ShouldBe(1);
    }

    [Fact]
    public async Task GetAsync_MaxAgeZeroWhileARequestIsUnderWay_OneRequestAfterItServesAllWhoWait()
    {
        var (first, second) = (new TaskCompletionSource<ResolveAnswer>(), new TaskCompletionSource<ResolveAnswer>());
        var early = GetAsync(60, first.Task);
        var late = Enumerable.Range(0, 100).Select(_ => GetAsync(0, second.Task)).ToArray();
        _asked.Count.ShouldBe(1);

        first.SetResult(NotFound);
        (await early).Answer.ShouldBe(NotFound);
        second.SetResult(Found);

        (await Task.WhenAll(late)).ShouldAllBe(told => told.Answer == Found);
        _asked.Count.ShouldBe(2);
    }

    [Fact]
    public async Task GetAsync_MaxAgeZeroAndTheRequestBeforeFails_AsksAllTheSame()
    {
        var first = new TaskCompletionSource<ResolveAnswer>();
        var early = GetAsync(60, first.Task);
        var late = GetAsync(0, Found);

        first.SetException(new InvalidOperationException("odd"));

        await Should.ThrowAsync<InvalidOperationException>(() => early);
        (await late).Answer.ShouldBe(Found);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(60)]
    public Task GetAsync_CallerBetweenARequestAndTheOneThatWaitsForIt_SharesTheOneThatWaits(int maxAgeSeconds) => AsInAGrainAsync(async () =>
    {
        var (first, second) = (new TaskCompletionSource<ResolveAnswer>(), new TaskCompletionSource<ResolveAnswer>());
        var early = GetAsync(60, first.Task);
        var between = SlipInAsync();
        var late = GetAsync(0, second.Task);

        first.SetException(new InvalidOperationException("odd"));
        second.SetResult(Found);

        (await late).Answer.ShouldBe(Found);
        (await between).Answer.ShouldBe(Found);
        _asked.Count.ShouldBe(2);

        async Task<ToldAnswer> SlipInAsync()
        {
            await ((Task)early).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
            return await GetAsync(maxAgeSeconds, NotFound);
        }
    });

    [Fact]
    public async Task GetAsync_RequestFails_NextCallerAsksAgain()
    {
        await Should.ThrowAsync<InvalidOperationException>(
            () => GetAsync(60, Task.FromException<ResolveAnswer>(new InvalidOperationException("odd"))));

        (await GetAsync(60, Found)).Answer.ShouldBe(Found);
    }

    [Fact]
    public async Task GetAsync_PastFreshness_StaleAtOnceWhileOneRequestRenewsIt()
    {
        await GetAsync(60, Found);
        Advance(60);
        var renewal = new TaskCompletionSource<ResolveAnswer>();

        var told = await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => GetAsync(60, renewal.Task)));

        told.ShouldAllBe(each => each == new ToldAnswer(Found, AnswerSource.Stale));
        _asked.Count.ShouldBe(2);
        renewal.SetResult(Newer);
        (await GetAsync(60, NotFound)).ShouldBe(new ToldAnswer(Newer, AnswerSource.Cache));
    }

    [Fact]
    public async Task GetAsync_PastStaleWhileRevalidate_WaitsForTheRegistry()
    {
        await GetAsync(60, Found);
        Advance(120);

        (await GetAsync(60, Newer)).ShouldBe(new ToldAnswer(Newer, AnswerSource.Head));
    }

    [Theory]
    [InlineData(ResolveOutcome.Failed)]
    [InlineData(ResolveOutcome.RateLimited)]
    public async Task GetAsync_RegistryIsDown_StaleUpToTheBound(ResolveOutcome fault)
    {
        await GetAsync(60, Found);
        Advance(3659);
        (await GetAsync(60, Refusal(fault))).ShouldBe(new ToldAnswer(Found, AnswerSource.Stale));

        Advance(1);

        (await GetAsync(60, Refusal(fault))).Answer.Outcome.ShouldBe(fault);
    }

    [Fact]
    public async Task GetAsync_RegistryIsKnownToBeDown_NobodyWaitsAndItIsLeftAloneForAWhile()
    {
        await GetAsync(60, Found);
        Advance(600);
        await GetAsync(60, Refusal(ResolveOutcome.Failed));
        _asked.Count.ShouldBe(2);
        var never = new TaskCompletionSource<ResolveAnswer>();

        (await GetAsync(60, never.Task)).Source.ShouldBe(AnswerSource.Stale);
        _asked.Count.ShouldBe(2);
        Advance(5);
        (await GetAsync(60, never.Task)).Source.ShouldBe(AnswerSource.Stale);
        (await GetAsync(60, never.Task)).Source.ShouldBe(AnswerSource.Stale);

        _asked.Count.ShouldBe(3);
    }

    [Fact]
    public async Task GetAsync_RegistryDoesNotAnswer_StaleAfterFiveSecondsAndThenAtOnce()
    {
        await GetAsync(60, Found);
        Advance(600);
        var never = new TaskCompletionSource<ResolveAnswer>();
        var first = GetAsync(60, never.Task);
        Advance(3);
        var second = GetAsync(60, never.Task);
        Advance(1.9);
        (first.IsCompleted || second.IsCompleted).ShouldBeFalse();

        Advance(0.1);

        (await first).ShouldBe(new ToldAnswer(Found, AnswerSource.Stale));
        (await second).ShouldBe(new ToldAnswer(Found, AnswerSource.Stale));
        Advance(1);
        (await GetAsync(60, never.Task)).ShouldBe(new ToldAnswer(Found, AnswerSource.Stale));
        _asked.Count.ShouldBe(2);
    }

    [Theory]
    [InlineData(ResolveOutcome.NotFound)]
    [InlineData(ResolveOutcome.Denied)]
    [InlineData(ResolveOutcome.Unusable)]
    public async Task GetAsync_RegistrySaysOtherwise_NothingStaleIsGivenOutAgain(ResolveOutcome outcome)
    {
        await GetAsync(60, Found);
        Advance(60);
        (await GetAsync(60, Refusal(outcome))).Source.ShouldBe(AnswerSource.Stale);

        (await GetAsync(60, Found)).Answer.Outcome.ShouldBe(outcome);
        Advance(5);
        (await GetAsync(60, Refusal(ResolveOutcome.Failed))).Answer.Outcome.ShouldBe(ResolveOutcome.Failed);
    }

    [Fact]
    public async Task GetAsync_MaxAgeZero_NeverStale()
    {
        await GetAsync(60, Found);

        (await GetAsync(0, Refusal(ResolveOutcome.Failed))).Answer.Outcome.ShouldBe(ResolveOutcome.Failed);

        (await GetAsync(60, NotFound)).ShouldBe(new ToldAnswer(Found, AnswerSource.Cache));
    }

    [Fact]
    public async Task GetAsync_PatientAndRateLimited_WaitsByARequestOfItsOwn()
    {
        var patient = new TaskCompletionSource<ResolveAnswer>();
        var (hurried, waiting) = (GetAsync(60, RateLimited, patient.Task), GetAsync(60, RateLimited, patient.Task, isPatient: true));

        (await hurried).Answer.ShouldBe(RateLimited);
        waiting.IsCompleted.ShouldBeFalse();
        (await GetAsync(60, Found)).Answer.ShouldBe(RateLimited);
        patient.SetResult(Found);

        (await waiting).Answer.ShouldBe(Found);
        (await GetAsync(60, NotFound)).Answer.ShouldBe(Found);
        _asked.ShouldBe([false, true]);
    }

    [Fact]
    public async Task GetAsync_PatientWhileAHurriedRequestSucceeds_SharesIt()
    {
        var answer = new TaskCompletionSource<ResolveAnswer>();
        var (hurried, patient) = (GetAsync(60, answer.Task), GetAsync(60, answer.Task, isPatient: true));

        answer.SetResult(Found);

        (await hurried).Answer.ShouldBe(Found);
        (await patient).Answer.ShouldBe(Found);
        _asked.ShouldBe([false]);
    }

    [Fact]
    public async Task GetAsync_HurriedWhileAPatientRequestWaits_IsNotHeldUp()
    {
        _ = GetAsync(60, RateLimited, new TaskCompletionSource<ResolveAnswer>().Task, isPatient: true);
        Advance(5);

        (await GetAsync(60, Found)).Answer.ShouldBe(Found);

        _asked.ShouldBe([false, true, false]);
    }

    [Fact]
    public async Task GetAsync_PatientAndTheSharedPatienceRunsOut_IsPatientItself()
    {
        var (first, second) = (new TaskCompletionSource<ResolveAnswer>(), new TaskCompletionSource<ResolveAnswer>());
        var early = GetAsync(60, RateLimited, first.Task, isPatient: true);
        Advance(10);
        var late = GetAsync(60, RateLimited, second.Task, isPatient: true);

        first.SetResult(RateLimited);
        (await early).Answer.ShouldBe(RateLimited);
        late.IsCompleted.ShouldBeFalse();
        second.SetResult(Found);

        (await late).Answer.ShouldBe(Found);
    }

    [Fact]
    public async Task GetAsync_QuestionPutAgain_TakesTheRequestThatItBegan()
    {
        var answer = new TaskCompletionSource<ResolveAnswer>();
        var since = _sequence.Next;
        _ = GetAsync(0, answer.Task, since: since);
        Advance(100);

        var again = GetAsync(0, Newer, since: since);
        answer.SetResult(Found);
        Advance(100);

        (await again).ShouldBe(new ToldAnswer(Found, AnswerSource.Shared));
        (await GetAsync(0, Newer, since: since)).ShouldBe(new ToldAnswer(Found, AnswerSource.Cache));
        (await GetAsync(0, Newer)).Answer.ShouldBe(Newer);
    }

    /// <summary>One at a time, and whoever waits for the same goes on in the order of waiting.</summary>
    private static Task AsInAGrainAsync(Func<Task> test) => Task.Factory.StartNew(
        test, CancellationToken.None, TaskCreationOptions.None, new ConcurrentExclusiveSchedulerPair().ExclusiveScheduler).Unwrap();

    private static ResolveAnswer Refusal(ResolveOutcome outcome) => new(outcome, string.Empty, "no");

    private void Advance(double seconds) => _clock.Advance(TimeSpan.FromSeconds(seconds));

    private Task<ToldAnswer> GetAsync(int maxAgeSeconds, ResolveAnswer answer) => GetAsync(maxAgeSeconds, Task.FromResult(answer));

    private Task<ToldAnswer> GetAsync(int maxAgeSeconds, ResolveAnswer answer, long since) => GetAsync(maxAgeSeconds, Task.FromResult(answer), since: since);

    private Task<ToldAnswer> GetAsync(int maxAgeSeconds, ResolveAnswer hurried, Task<ResolveAnswer> patient, bool isPatient = false) =>
        GetAsync(maxAgeSeconds, Task.FromResult(hurried), patient, isPatient);

    private Task<ToldAnswer> GetAsync(
        int maxAgeSeconds, Task<ResolveAnswer> answer, Task<ResolveAnswer>? patientAnswer = null, bool isPatient = false, long? since = null) =>
        _cached.GetAsync(
            new Question(TimeSpan.FromSeconds(maxAgeSeconds), isPatient, since ?? _sequence.Next),
            async patiently =>
            {
                _asked.Add(patiently);
                return new Asked(await (patiently && patientAnswer is not null ? patientAnswer : answer), ResolutionSource.Head);
            });
}
