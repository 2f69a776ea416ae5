using ImageBuilder.Builds;
using ImageBuilder.Builds.Queue;
using ImageBuilder.Grains.Messages;
using ImageBuilder.Grains.Queue;
using ImageBuilder.Grains.Tests.Hosting;
using Shouldly;
using Xunit;

namespace ImageBuilder.Grains.Tests.Queue;

public sealed class QueueGrainTests : IAsyncDisposable, IAsyncLifetime
{
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(20);

    private readonly GrainWorld _world = new();
    private GrainHost _host = null!;

    private IQueueGrain Queue => _host.Queue();

    public async Task InitializeAsync()
    {
        _world.QueueLimits.Change(new QueueLimits { Concurrency = 1 });
        _host = await _world.StartHostAsync();
    }

    public ValueTask DisposeAsync() => _world.DisposeAsync();

    Task IAsyncLifetime.DisposeAsync() => DisposeAsync().AsTask();

    [Fact]
    public async Task Wait_ThereIsRoom_AdmitsAtOnce()
    {
        (await Queue.Wait(Ticket(), Long)).Outcome.ShouldBe(QueueOutcome.Admitted);
    }

    [Fact]
    public async Task Wait_NoRoom_TellsHowManyAreAhead()
    {
        await Queue.Wait(Ticket(), Long);
        await Queue.Wait(Ticket(), TimeSpan.Zero);
        Advance(TimeSpan.FromSeconds(1));

        (await Queue.Wait(Ticket(), TimeSpan.Zero)).ShouldBe(new QueueTurn(QueueOutcome.Waiting, 1));
    }

    [Fact]
    public async Task Leave_OneWaits_AdmitsIt()
    {
        var (running, waiting) = (Ticket(), Ticket());
        await Queue.Wait(running, Long);
        var turn = Queue.Wait(waiting, Long);

        await Queue.Leave(running.BuildId);

        (await turn.WaitAsync(Patience.Limit)).Outcome.ShouldBe(QueueOutcome.Admitted);
        (await Queue.Get()).Running.ShouldHaveSingleItem().BuildId.ShouldBe(waiting.BuildId);
    }

    [Fact]
    public async Task Wait_AskedAgainAfterAdmission_IsStillAdmitted()
    {
        var ticket = Ticket();
        await Queue.Wait(ticket, Long);

        (await Queue.Wait(ticket, Long)).Outcome.ShouldBe(QueueOutcome.Admitted);
        (await Queue.Get()).Running.Length.ShouldBe(1);
    }

    [Fact]
    public async Task Wait_LimitsRaised_AdmitsWithoutBeingAskedAgain()
    {
        await Queue.Wait(Ticket(), Long);
        var turn = Queue.Wait(Ticket(), Long);
        await Queue.Get();

        _world.QueueLimits.Change(new QueueLimits { Concurrency = 2 });

        (await turn.WaitAsync(Patience.Limit)).Outcome.ShouldBe(QueueOutcome.Admitted);
    }

    [Fact]
    public async Task Wait_LongerThanAllowed_Expires()
    {
        _world.QueueLimits.Change(new QueueLimits { Concurrency = 1, WaitingDeadline = TimeSpan.FromSeconds(30) });
        await Queue.Wait(Ticket(), Long);
        var late = Ticket();
        (await Queue.Wait(late, TimeSpan.Zero)).Outcome.ShouldBe(QueueOutcome.Waiting);

        Advance(TimeSpan.FromSeconds(30));

        (await Queue.Wait(late, Long)).Outcome.ShouldBe(QueueOutcome.Expired);
        (await Queue.Get()).Waiting.ShouldBeEmpty();
    }

    [Fact]
    public async Task Wait_StopsAsking_LosesItsPlace()
    {
        await RestartAsync(new BuildOptions { QueueCheckPeriod = TimeSpan.FromMilliseconds(20) });
        await Queue.Hold(Ticket() with { Since = _world.Clock.GetUtcNow() + TimeSpan.FromDays(1) });
        await Queue.Wait(Ticket(), TimeSpan.Zero);

        await Until(queue => queue.Waiting.IsEmpty);
    }

    [Fact]
    public async Task Check_HolderThatDoesNotExist_FreesItsPlace()
    {
        await RestartAsync(new BuildOptions { QueueCheckPeriod = TimeSpan.FromMilliseconds(20) });
        await Queue.Wait(Ticket(), Long);

        await Until(queue => queue.Running.IsEmpty);
    }

    [Fact]
    public async Task Restart_BuildHoldsAPlace_KeepsIt()
    {
        var ticket = Ticket();
        await Queue.Wait(ticket, Long);
        await RestartAsync(_world.Options);

        (await Queue.Wait(Ticket(), TimeSpan.Zero)).Outcome.ShouldBe(QueueOutcome.Waiting);
        (await Queue.Wait(ticket, TimeSpan.Zero)).Outcome.ShouldBe(QueueOutcome.Admitted);
    }

    [Fact]
    public async Task Wait_ManyAtOnce_AdmitsAllInTurn()
    {
        _world.QueueLimits.Change(new QueueLimits { Concurrency = 10 });
        var most = 0;
        var running = 0;

        await Task.WhenAll(Enumerable.Range(0, 500).Select(async number =>
        {
            var ticket = Ticket($"owner{number % 7}");
            while ((await Queue.Wait(ticket, Long)).Outcome != QueueOutcome.Admitted)
            {
            }

            InterlockedMax(ref most, Interlocked.Increment(ref running));
            await Task.Yield();
            Interlocked.Decrement(ref running);
            await Queue.Leave(ticket.BuildId);
        })).WaitAsync(Patience.Limit);

        most.ShouldBeLessThanOrEqualTo(10);
        var left = await Queue.Get();
        left.Running.ShouldBeEmpty();
        left.Waiting.ShouldBeEmpty();
    }

    [Fact]
    public async Task Wait_StorageFails_AdmitsAllTheSame()
    {
        _world.Storage.BeforeWrite = (name, _) => name == "queue" ? throw new IOException("no space left") : Task.CompletedTask;

        (await Queue.Wait(Ticket(), Long)).Outcome.ShouldBe(QueueOutcome.Admitted);
    }

    [Fact]
    public async Task Wait_Admitted_IsStoredBeforeItIsTold()
    {
        var ticket = Ticket();
        await Queue.Wait(ticket, Long);

        _world.Storage.All<QueueState>("queue").ShouldHaveSingleItem().Running.ShouldHaveSingleItem().BuildId.ShouldBe(ticket.BuildId);
    }

    private static void InterlockedMax(ref int most, int value)
    {
        int known;
        while ((known = Volatile.Read(ref most)) < value && Interlocked.CompareExchange(ref most, value, known) != known)
        {
        }
    }

    private QueueTicket Ticket(string owner = "owner") => new(
        Guid.NewGuid(), owner, BuildPriority.Interactive, _world.Clock.GetUtcNow(), _world.Clock.GetUtcNow());

    private async Task RestartAsync(BuildOptions options)
    {
        await _host.StopAsync();
        _world.Options = options;
        _host = await _world.StartHostAsync();
    }

    private void Advance(TimeSpan time) => _world.Clock.Advance(time);

    private async Task Until(Func<QueueSnapshot, bool> condition)
    {
        using var patience = new CancellationTokenSource(Patience.Limit);
        while (!condition(await Queue.Get()))
        {
            patience.Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }
}
