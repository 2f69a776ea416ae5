namespace ImageBuilder.Orleans.Behaviour.Tests.Turns;

public sealed class TurnTests(Silo silo) : IClassFixture<Silo>
{
    [Fact]
    public async Task Call_WhileAnotherRuns_Waits()
    {
        var grain = silo.Grains.GetGrain<ITurnGrain>("waits");
        var signals = silo.Signals;
        var held = grain.Hold("a");
        await signals.WaitAsync("a holds");
        var pinged = grain.Ping();
        signals.Set("a may go");
        await Task.WhenAll(held, pinged);
        OrderOf("a held", "waits pinged").ShouldBe(["a held", "waits pinged"]);
    }

    [Fact]
    public async Task AlwaysInterleave_WhileAnotherRuns_Runs()
    {
        var grain = silo.Grains.GetGrain<ITurnGrain>("interleaves");
        var held = grain.Hold("b");
        await silo.Signals.WaitAsync("b holds");
        await grain.Interleaved();
        held.IsCompleted.ShouldBeFalse();
        silo.Signals.Set("b may go");
        await held;
    }

    [Fact]
    public async Task ReadOnly_WhileReadOnlyRuns_Runs()
    {
        var grain = silo.Grains.GetGrain<ITurnGrain>("reads");
        var reading = grain.Read("c");
        await silo.Signals.WaitAsync("c holds");
        await grain.Peek();
        reading.IsCompleted.ShouldBeFalse();
        silo.Signals.Set("c may go");
        await reading;
    }

    [Fact]
    public async Task ReadOnly_WhileWritingRuns_Waits()
    {
        var grain = silo.Grains.GetGrain<ITurnGrain>("writes");
        var writing = grain.Hold("d");
        await silo.Signals.WaitAsync("d holds");
        var reading = grain.Read("e");
        await grain.Interleaved();
        silo.Signals.IsSet("e holds").ShouldBeFalse();
        silo.Signals.Set("d may go");
        await silo.Signals.WaitAsync("e holds");
        silo.Signals.Set("e may go");
        await Task.WhenAll(writing, reading);
    }

    [Fact]
    public async Task Writing_WhileReadOnlyRuns_Waits()
    {
        var grain = silo.Grains.GetGrain<ITurnGrain>("written");
        var reading = grain.Read("f");
        await silo.Signals.WaitAsync("f holds");
        var writing = grain.Hold("g");
        await grain.Interleaved();
        silo.Signals.IsSet("g holds").ShouldBeFalse();
        silo.Signals.Set("g may go");
        silo.Signals.Set("f may go");
        await Task.WhenAll(writing, reading);
        OrderOf("f held", "g held").ShouldBe(["f held", "g held"]);
    }

    [Fact]
    public async Task Reentrant_WhileAnotherRuns_Runs()
    {
        var grain = silo.Grains.GetGrain<IReentrantGrain>("reentrant");
        var held = grain.Hold("h");
        await silo.Signals.WaitAsync("h holds");
        await grain.Ping();
        held.IsCompleted.ShouldBeFalse();
        silo.Signals.Set("h may go");
        await held;
    }

    [Fact]
    public async Task Reentrant_ThousandCalls_OneTurnAtATime()
    {
        var grain = silo.Grains.GetGrain<IReentrantGrain>("counts");
        await Task.WhenAll(Enumerable.Range(0, 999).Select(_ => Task.Run(grain.Increment)));
        (await grain.Increment()).ShouldBe(1000);
    }

    [Fact]
    public async Task MayInterleave_PredicateAnswersForMethod_RunsThatAlone()
    {
        var grain = silo.Grains.GetGrain<IPredicateGrain>("predicate");
        var held = grain.Hold("i");
        await silo.Signals.WaitAsync("i holds");
        var waiting = grain.Wait();
        await grain.Ping();
        waiting.IsCompleted.ShouldBeFalse();
        silo.Signals.Set("i may go");
        await Task.WhenAll(held, waiting);
    }

    [Fact]
    public async Task CallChain_BackIntoNonReentrantGrain_TimesOut()
    {
        await Should.ThrowAsync<TimeoutException>(() => silo.Grains.GetGrain<ICycleGrain>("cycle").Around(2));
    }

    [Fact]
    public async Task CallChain_BackIntoReentrantGrain_Answers()
    {
        (await silo.Grains.GetGrain<IReentrantGrain>("cycle").Around(5)).ShouldBe(5);
    }

    [Fact]
    public async Task Await_InGrain_ComesBackToItsScheduler()
    {
        (await silo.Grains.GetGrain<ITurnGrain>("scheduler").StaysOnSchedulerAfterAwait()).ShouldBeTrue();
    }

    [Fact]
    public async Task ConfigureAwaitFalse_InGrain_LeavesItsScheduler()
    {
        (await silo.Grains.GetGrain<ITurnGrain>("scheduler").LeavesSchedulerAfterConfigureAwaitFalse()).ShouldBeTrue();
    }

    [Fact]
    public async Task StatelessWorker_CallsOfOneKey_RunSideBySide()
    {
        var grain = silo.Grains.GetGrain<IWorkerGrain>(0);
        List<Task> holding = [];
        foreach (var name in (string[])["w1", "w2", "w3"])
        {
            holding.Add(grain.Hold(name));
            await silo.Signals.WaitAsync($"{name} holds");
        }

        foreach (var name in (string[])["w1", "w2", "w3"])
        {
            silo.Signals.Set($"{name} may go");
        }

        await Task.WhenAll(holding);
    }

    private IEnumerable<string> OrderOf(params string[] lines) => silo.Signals.Log.Where(lines.Contains).Distinct();
}
