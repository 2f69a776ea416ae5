using Orleans.Configuration;
using Orleans.Hosting;
using Orleans.Runtime;

namespace ImageBuilder.Orleans.Behaviour.Tests.Activations;

public sealed class ActivationTests(Silo silo) : IClassFixture<Silo>
{
    /// <summary>As many as callers of the product make.</summary>
    private const int MaxTries = 10;

    [Fact]
    public async Task FirstCalls_TenThousandAtOnce_MakeOneActivation()
    {
        var calls = Enumerable.Range(0, 10_000).Select(_ => Task.Run(() => silo.Grains.GetGrain<ILifeGrain>("single").Activation()));
        (await Task.WhenAll(calls)).ShouldAllBe(activation => activation == 1);
        silo.Signals.CountOf("single activated").ShouldBe(1);
    }

    [Fact]
    public async Task Activation_ThatFails_RejectsWaitingCallsAndIsTriedAfresh()
    {
        var grain = silo.Grains.GetGrain<ILifeGrain>("fails once");
        var first = grain.Activation();
        await silo.Signals.WaitAsync("fails once activated");
        var second = grain.Activation();
        silo.Signals.Set("fails once may fail");
        (await Should.ThrowAsync<InvalidOperationException>(() => first)).Message.ShouldBe("not today");
        await Should.ThrowAsync<InvalidOperationException>(() => second);
        (await grain.Activation()).ShouldBe(2);
    }

    [Fact]
    public async Task DeactivateOnIdle_Called_NextCallActivatesAnew()
    {
        var grain = silo.Grains.GetGrain<ILifeGrain>("ends");
        (await grain.Activation()).ShouldBe(1);
        await grain.End();
        await silo.Signals.WaitAsync("ends disposed");
        (await grain.Activation()).ShouldBe(2);
        silo.Signals.Log.ShouldContain("ends ApplicationRequested");
    }

    [Fact]
    public async Task DeactivateOnIdle_WhileACallRuns_WaitsForIt()
    {
        var grain = silo.Grains.GetGrain<ILifeGrain>("ends later");
        var held = grain.EndWhileHolding();
        await silo.Signals.WaitAsync("ends later holds");
        var next = grain.Activation();
        silo.Signals.Set("ends later may go");
        await held;
        (await next).ShouldBe(2);
    }

    [Fact]
    public async Task Call_DuringDeactivation_GoesToTheNextActivation()
    {
        var grain = silo.Grains.GetGrain<ILifeGrain>("holds its end");
        await grain.End();
        await silo.Signals.WaitAsync("holds its end deactivating");
        var next = grain.Activation();
        next.IsCompleted.ShouldBeFalse();
        silo.Signals.Set("holds its end may end");
        (await next).ShouldBe(2);
    }

    /// <summary>A call that meets several activations at their end, one after the other, may be refused; it was not run then, and may be made again.</summary>
    [Fact]
    public async Task Calls_WhileActivationsEnd_AnswerOrAreRefusedAndNeverMeetTwoActivations()
    {
        var grain = silo.Grains.GetGrain<ILifeGrain>("restless");
        using var done = new CancellationTokenSource();
        var callers = Enumerable.Range(0, 8).Select(_ => Task.Run(async () =>
        {
            var last = 0;
            while (!done.IsCancellationRequested)
            {
                var activation = await UntilNotRefusedAsync(() => silo.Grains.GetGrain<ILifeGrain>("restless").Activation());
                activation.ShouldBeGreaterThanOrEqualTo(last);
                last = activation;
            }
        })).ToList();
        for (var i = 1; i <= 50; i++)
        {
            await UntilNotRefusedAsync(async () =>
            {
                await grain.End();
                return true;
            });
            await silo.Signals.WaitAsync($"restless deactivating:{i}");
        }

        await done.CancelAsync();
        await Task.WhenAll(callers);
        var activations = silo.Signals.CountOf("restless activated");
        activations.ShouldBeInRange(50, 51);
        silo.Signals.Log.Where(line => line.StartsWith("restless began", StringComparison.Ordinal))
            .ShouldBe(Enumerable.Range(0, activations).Select(ended => $"restless began after {ended} ended"));
    }

    [Fact]
    public async Task IdleGrain_AfterCollectionAge_IsDeactivated()
    {
        await using var quick = await StartQuickAsync();
        var grain = quick.Grains.GetGrain<ILifeGrain>("idle");
        await grain.Activation();
        await quick.Signals.WaitAsync("idle deactivating");
        quick.Signals.Log.ShouldContain("idle ActivationIdle");
        (await grain.Activation()).ShouldBe(2);
    }

    [Fact]
    public async Task KeepAlive_OnClassOrByDelay_IsNotCollected()
    {
        await using var quick = await StartQuickAsync();
        await quick.Grains.GetGrain<IKeptGrain>("kept").Activation();
        await quick.Grains.GetGrain<ILifeGrain>("delayed").Delay(TimeSpan.FromMinutes(5));
        await quick.Grains.GetGrain<ILifeGrain>("collected").Activation();
        await quick.Signals.WaitAsync("collected deactivating");

        // A second collection after the first, so that whoever is as old has had its chance.
        await quick.Grains.GetGrain<ILifeGrain>("collected").Activation();
        await quick.Signals.WaitAsync("collected deactivating:2");
        quick.Signals.IsSet("kept deactivating").ShouldBeFalse();
        quick.Signals.IsSet("delayed deactivating").ShouldBeFalse();
    }

    [Fact]
    public async Task Stop_Graceful_DeactivatesEveryGrain()
    {
        var stopping = await Silo.StartAsync();
        var keys = Enumerable.Range(0, 50).Select(i => $"stopped {i}").ToList();
        await Task.WhenAll(keys.Select(key => stopping.Grains.GetGrain<ILifeGrain>(key).Activation()));
        var signals = stopping.Signals;
        await stopping.DisposeAsync();
        keys.ShouldAllBe(key => signals.Log.Contains($"{key} ShuttingDown"));
    }

    private static async Task<T> UntilNotRefusedAsync<T>(Func<Task<T>> call)
    {
        for (var tries = 1; ; tries++)
        {
            try
            {
                return await call();
            }
            catch (OrleansMessageRejectionException) when (tries < MaxTries)
            {
                await Task.Yield();
            }
        }
    }

    private static Task<Silo> StartQuickAsync() => Silo.StartAsync(builder => builder.Configure<GrainCollectionOptions>(options =>
    {
        options.CollectionQuantum = TimeSpan.FromMilliseconds(200);
        options.CollectionAge = TimeSpan.FromMilliseconds(400);
    }));
}
