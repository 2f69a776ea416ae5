using System.Data.Common;
using System.Net.Sockets;
using ImageBuilder.Testing;
using Orleans.Runtime;

namespace ImageBuilder.Grains.Tests;

public sealed class GrainCallsTests
{
    private readonly ManualTimeProvider _clock = new();
    private int _calls;

    public static TheoryData<Exception> Passing { get; } =
    [
        new TimeoutException("no answer"), new SiloUnavailableException("gone"), new StoreUnavailableException("away"), new DatabaseException(), new SocketException(),
    ];

    [Theory]
    [MemberData(nameof(Passing), DisableDiscoveryEnumeration = true)]
    public async Task RetryAsync_PassingFault_MadeAgainAfterAGrowingPause(Exception passing)
    {
        var result = new GrainCalls(_clock).RetryAsync(() => ++_calls <= 3 ? Task.FromException<int>(passing) : Task.FromResult(7), CancellationToken.None);

        foreach (var pause in new[] { 100, 200, 400 })
        {
            await ArmedAsync();
            var before = _calls;
            _clock.Advance(TimeSpan.FromMilliseconds(pause - 1));
            _calls.ShouldBe(before);
            _clock.Advance(TimeSpan.FromMilliseconds(1));
        }

        (await result).ShouldBe(7);
        _calls.ShouldBe(4);
    }

    [Fact]
    public async Task RetryAsync_FaultDoesNotPass_GivesUpAfterThirtyCalls()
    {
        var result = new GrainCalls(_clock).RetryAsync<int>(
            () =>
            {
                _calls++;
                return Task.FromException<int>(new TimeoutException("no answer"));
            },
            CancellationToken.None);

        while (!result.IsCompleted)
        {
            _clock.Advance(TimeSpan.FromSeconds(5));
            await Task.Yield();
        }

        await Should.ThrowAsync<TimeoutException>(() => result);
        _calls.ShouldBe(30);
    }

    [Fact]
    public async Task RetryAfterSetAsideAsync_ActivationHadReadTheStateBefore_MadeAgain()
    {
        var result = new GrainCalls(_clock).RetryAfterSetAsideAsync(
            () => ++_calls == 1 ? Task.FromException<int>(new UnreadableStateException("the file is empty", cause: null)) : Task.FromResult(7), CancellationToken.None);

        await ArmedAsync();
        _clock.Advance(TimeSpan.FromMilliseconds(100));

        (await result).ShouldBe(7);
        _calls.ShouldBe(2);
    }

    [Fact]
    public async Task RetryAsync_OtherFault_IsNotRetried()
    {
        await Should.ThrowAsync<InvalidOperationException>(() => new GrainCalls(_clock).RetryAsync<int>(
            () =>
            {
                _calls++;
                return Task.FromException<int>(new InvalidOperationException("odd"));
            },
            CancellationToken.None));

        _calls.ShouldBe(1);
    }

    [Fact]
    public async Task RetryAsync_CancelledWhileItPauses_EndsAtOnce()
    {
        using var cancellation = new CancellationTokenSource();
        var result = new GrainCalls(_clock).RetryAsync(() => Task.FromException<int>(new TimeoutException()), cancellation.Token);
        await ArmedAsync();

        await cancellation.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(() => result);
    }

    [Fact]
    public async Task RetryAsync_CancelledWhileTheCallHangs_EndsAtOnce()
    {
        using var cancellation = new CancellationTokenSource();
        var result = new GrainCalls(_clock).RetryAsync(() => new TaskCompletionSource<int>().Task, cancellation.Token);

        await cancellation.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(() => result);
    }

    /// <summary>The pause has begun when its timer is armed.</summary>
    private async Task ArmedAsync()
    {
        using var over = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (_clock.ArmedTimers == 0)
        {
            over.Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }

    private sealed class DatabaseException : DbException;
}
