using ImageBuilder.Grains.Messages;
using ImageBuilder.Grains.References;
using ImageBuilder.Testing;

namespace ImageBuilder.Grains.Tests.References;

public sealed class CachedAnswerTests
{
    private static readonly ResolveAnswer Found = new(ResolveOutcome.Found, "sha256:1", string.Empty);
    private static readonly ResolveAnswer NotFound = new(ResolveOutcome.NotFound, string.Empty, "no");

    private readonly ManualTimeProvider _clock = new();
    private readonly CachedAnswer _cached;
    private int _asked;

    public CachedAnswerTests() => _cached = new CachedAnswer(_clock, TimeSpan.FromSeconds(5));

    [Fact]
    public async Task GetAsync_WithinMaxAge_AsksOnce()
    {
        await GetAsync(60, Found);
        _clock.Advance(TimeSpan.FromSeconds(59));

        (await GetAsync(60, NotFound)).ShouldBe(Found);

        _asked.ShouldBe(1);
    }

    [Fact]
    public async Task GetAsync_PastMaxAge_AsksAgain()
    {
        await GetAsync(60, Found);
        _clock.Advance(TimeSpan.FromSeconds(60));

        (await GetAsync(60, NotFound)).ShouldBe(NotFound);

        _asked.ShouldBe(2);
    }

    [Fact]
    public async Task GetAsync_SmallerMaxAge_CountsForItsCallerAlone()
    {
        await GetAsync(60, Found);
        _clock.Advance(TimeSpan.FromSeconds(10));

        await GetAsync(60, Found);
        _asked.ShouldBe(1);
        await GetAsync(10, Found);

        _asked.ShouldBe(2);
    }

    [Theory]
    [InlineData(ResolveOutcome.NotFound)]
    [InlineData(ResolveOutcome.Denied)]
    [InlineData(ResolveOutcome.RateLimited)]
    [InlineData(ResolveOutcome.Failed)]
    public async Task GetAsync_NegativeAnswer_IsKeptForFiveSeconds(ResolveOutcome outcome)
    {
        var negative = new ResolveAnswer(outcome, string.Empty, "no");
        await GetAsync(60, negative);
        _clock.Advance(TimeSpan.FromSeconds(4.9));
        (await GetAsync(60, Found)).ShouldBe(negative);

        _clock.Advance(TimeSpan.FromSeconds(0.1));

        (await GetAsync(60, Found)).ShouldBe(Found);
        _asked.ShouldBe(2);
    }

    [Fact]
    public async Task GetAsync_NegativeAnswerAndSmallerMaxAge_TheSmallerCounts()
    {
        await GetAsync(1, NotFound);
        _clock.Advance(TimeSpan.FromSeconds(1));

        (await GetAsync(1, Found)).ShouldBe(Found);
    }

    [Fact]
    public async Task GetAsync_MaxAgeZero_AsksEveryTime()
    {
        await GetAsync(0, NotFound);

        (await GetAsync(0, Found)).ShouldBe(Found);
        (await GetAsync(0, NotFound)).ShouldBe(NotFound);

        _asked.ShouldBe(3);
    }

    [Fact]
    public async Task GetAsync_RequestUnderWay_IsShared()
    {
        var answer = new TaskCompletionSource<ResolveAnswer>();
        var waiting = Enumerable.Range(0, 100).Select(_ => _cached.GetAsync(TimeSpan.FromSeconds(60), () => Ask(answer.Task))).ToArray();

        answer.SetResult(Found);

        (await Task.WhenAll(waiting)).ShouldAllBe(told => told == Found);
        _asked.ShouldBe(1);
    }

    [Fact]
    public async Task GetAsync_MaxAgeZeroWhileARequestIsUnderWay_OneRequestAfterItServesAllWhoWait()
    {
        var (first, second) = (new TaskCompletionSource<ResolveAnswer>(), new TaskCompletionSource<ResolveAnswer>());
        var early = _cached.GetAsync(TimeSpan.FromSeconds(60), () => Ask(first.Task));
        var late = Enumerable.Range(0, 100).Select(_ => _cached.GetAsync(TimeSpan.Zero, () => Ask(second.Task))).ToArray();
        _asked.ShouldBe(1);

        first.SetResult(NotFound);
        (await early).ShouldBe(NotFound);
        second.SetResult(Found);

        (await Task.WhenAll(late)).ShouldAllBe(told => told == Found);
        _asked.ShouldBe(2);
    }

    [Fact]
    public async Task GetAsync_MaxAgeZeroAndTheRequestBeforeFails_AsksAllTheSame()
    {
        var first = new TaskCompletionSource<ResolveAnswer>();
        var early = _cached.GetAsync(TimeSpan.FromSeconds(60), () => Ask(first.Task));
        var late = _cached.GetAsync(TimeSpan.Zero, () => Ask(Task.FromResult(Found)));

        first.SetException(new InvalidOperationException("odd"));

        await Should.ThrowAsync<InvalidOperationException>(() => early);
        (await late).ShouldBe(Found);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(60)]
    public Task GetAsync_CallerBetweenARequestAndTheOneThatWaitsForIt_SharesTheOneThatWaits(int maxAgeSeconds) => AsInAGrainAsync(async () =>
    {
        var (first, second) = (new TaskCompletionSource<ResolveAnswer>(), new TaskCompletionSource<ResolveAnswer>());
        var early = _cached.GetAsync(TimeSpan.FromSeconds(60), () => Ask(first.Task));
        var between = SlipInAsync();
        var late = _cached.GetAsync(TimeSpan.Zero, () => Ask(second.Task));

        first.SetException(new InvalidOperationException("odd"));
        second.SetResult(Found);

        (await late).ShouldBe(Found);
        (await between).ShouldBe(Found);
        _asked.ShouldBe(2);

        async Task<ResolveAnswer> SlipInAsync()
        {
            await ((Task)early).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
            return await _cached.GetAsync(TimeSpan.FromSeconds(maxAgeSeconds), () => Ask(Task.FromResult(NotFound)));
        }
    });

    [Fact]
    public async Task GetAsync_RequestFails_NextCallerAsksAgain()
    {
        await Should.ThrowAsync<InvalidOperationException>(
            () => _cached.GetAsync(TimeSpan.FromSeconds(60), () => Ask(Task.FromException<ResolveAnswer>(new InvalidOperationException("odd")))));

        (await GetAsync(60, Found)).ShouldBe(Found);
    }

    /// <summary>One at a time, and whoever waits for the same goes on in the order of waiting.</summary>
    private static Task AsInAGrainAsync(Func<Task> test) => Task.Factory.StartNew(
        test, CancellationToken.None, TaskCreationOptions.None, new ConcurrentExclusiveSchedulerPair().ExclusiveScheduler).Unwrap();

    private Task<ResolveAnswer> GetAsync(int maxAgeSeconds, ResolveAnswer answer) =>
        _cached.GetAsync(TimeSpan.FromSeconds(maxAgeSeconds), () => Ask(Task.FromResult(answer)));

    private Task<ResolveAnswer> Ask(Task<ResolveAnswer> answer)
    {
        _asked++;
        return answer;
    }
}
