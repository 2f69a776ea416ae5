using Orleans.Configuration;
using Orleans.Hosting;

namespace ImageBuilder.Orleans.Behaviour.Tests.Timers;

public sealed class TimerTests(Silo silo) : IClassFixture<Silo>
{
    private static readonly TimeSpan Soon = TimeSpan.FromMilliseconds(10);

    [Fact]
    public async Task Timer_WithPeriod_TicksAgain()
    {
        var grain = silo.Grains.GetGrain<ITimerGrain>("ticks");
        await grain.Start(Soon, Soon, interleave: false, keepAlive: false);
        await silo.Signals.WaitAsync("ticks tick:3");
        await grain.Stop();
    }

    [Fact]
    public async Task Timer_EachKindOfCallback_Ticks()
    {
        await silo.Grains.GetGrain<ITimerGrain>("kinds").StartEach();
        await silo.Signals.WaitAsync("state and token");
        await silo.Signals.WaitAsync("state");
        await silo.Signals.WaitAsync("neither");
    }

    [Fact]
    public async Task Tick_WhileACallRuns_Waits()
    {
        var grain = silo.Grains.GetGrain<ITimerGrain>("held");
        var other = silo.Grains.GetGrain<ITimerGrain>("other");
        await grain.Start(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan, interleave: false, keepAlive: false);
        var held = grain.Hold("a");
        await silo.Signals.WaitAsync("a holds");
        await grain.Change(Soon, Soon);

        // The other's timer is due much later than the held one's.
        await other.Start(TimeSpan.FromMilliseconds(400), Soon, interleave: false, keepAlive: false);
        await silo.Signals.WaitAsync("other tick");
        (await grain.Ticks()).ShouldBe(0);
        silo.Signals.Set("a may go");
        await held;
        await silo.Signals.WaitAsync("held tick");
        await grain.Stop();
        await other.Stop();
    }

    [Fact]
    public async Task Tick_ThatInterleaves_RunsBesideACall()
    {
        var grain = silo.Grains.GetGrain<ITimerGrain>("interleaves");
        await grain.Start(TimeSpan.FromMilliseconds(100), Soon, interleave: true, keepAlive: false);
        var held = grain.Hold("b");
        await silo.Signals.WaitAsync("interleaves tick:2");
        held.IsCompleted.ShouldBeFalse();
        silo.Signals.Set("b may go");
        await held;
        await grain.Stop();
    }

    [Fact]
    public async Task Call_WhileATickRuns_Waits()
    {
        var grain = silo.Grains.GetGrain<ITimerGrain>("waits while ticking");
        await grain.Start(Soon, Soon, interleave: false, keepAlive: false);
        await silo.Signals.WaitAsync("waits while ticking tick");
        var ping = grain.Ping();
        (await grain.Ticks()).ShouldBe(1);
        ping.IsCompleted.ShouldBeFalse();
        await grain.Stop();
        await ping;
    }

    [Fact]
    public async Task Tick_ThatFails_DoesNotStopTheTimer()
    {
        var grain = silo.Grains.GetGrain<ITimerGrain>("fails");
        await grain.Start(Soon, Soon, interleave: false, keepAlive: false);
        await silo.Signals.WaitAsync("fails tick:2");
        await grain.Stop();
    }

    [Fact]
    public async Task Change_OfTimerThatNeverTicks_MakesItTick()
    {
        var grain = silo.Grains.GetGrain<ITimerGrain>("changed");
        await grain.Start(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan, interleave: false, keepAlive: false);
        (await grain.Ticks()).ShouldBe(0);
        await grain.Change(Soon, Timeout.InfiniteTimeSpan);
        await silo.Signals.WaitAsync("changed tick");
    }

    [Fact]
    public async Task Deactivation_WhileATickRuns_CancelsItsToken()
    {
        var grain = silo.Grains.GetGrain<ITimerGrain>("waits and is stopped");
        await grain.Start(Soon, Soon, interleave: true, keepAlive: false);
        await silo.Signals.WaitAsync("waits and is stopped tick");
        await grain.Stop();
        await silo.Signals.WaitAsync("waits and is stopped tick cancelled");
    }

    [Fact]
    public async Task Activation_ThatEnds_TakesItsTimersAlong()
    {
        var grain = silo.Grains.GetGrain<ITimerGrain>("ends");
        await grain.Start(Soon, Soon, interleave: false, keepAlive: false);
        await silo.Signals.WaitAsync("ends tick");
        await grain.End();
        await silo.Signals.WaitAsync("ends deactivating");
        (await grain.Ticks()).ShouldBe(0);
    }

    [Fact]
    public async Task KeepAlive_OfTimer_DecidesWhetherTicksKeepTheGrain()
    {
        // On a machine that lets nothing run for as long as the age, every grain is idle.
        var age = TimeSpan.FromSeconds(2);
        while (await IsKeptGrainCollectedAsync(age))
        {
            age *= 2;
            age.ShouldBeLessThan(TimeSpan.FromSeconds(20));
        }
    }

    /// <summary>Whether a grain that its timer keeps is collected no later than one that its timer does not.</summary>
    private static async Task<bool> IsKeptGrainCollectedAsync(TimeSpan age)
    {
        await using var quick = await Silo.StartAsync(builder => builder.Configure<GrainCollectionOptions>(options =>
        {
            options.CollectionQuantum = TimeSpan.FromMilliseconds(300);
            options.CollectionAge = age;
        }));
        await quick.Grains.GetGrain<ITimerGrain>("kept").Start(Soon, TimeSpan.FromMilliseconds(50), interleave: false, keepAlive: true);
        await quick.Grains.GetGrain<ITimerGrain>("not kept").Start(Soon, TimeSpan.FromMilliseconds(50), interleave: false, keepAlive: false);
        await quick.Signals.WaitAsync("not kept deactivating");
        return quick.Signals.IsSet("kept deactivating");
    }
}
