using System.Collections.Immutable;
using Orleans.Configuration;
using Orleans.Hosting;

namespace ImageBuilder.Orleans.Behaviour.Tests.Calls;

public sealed class CallTests(Silo silo) : IClassFixture<Silo>
{
    private ICallGrain Grain => silo.Grains.GetGrain<ICallGrain>("calls");

    [Fact]
    public async Task Call_EachReturnShape_Answers()
    {
        await Grain.Plain();
        (await Grain.Add(2, 3)).ShouldBe(5);
        await Grain.PlainValue();
        (await Grain.Echo("echo")).ShouldBe("echo");
    }

    [Fact]
    public async Task Call_ImmutableRecord_ComesBackEqual()
    {
        var order = new Order("order", ImmutableArray.Create("a", "b"), TimeSpan.FromMinutes(5));
        var answer = await Grain.Pass(order);
        answer.Name.ShouldBe(order.Name);
        answer.Lines.ShouldBe(order.Lines);
        answer.Limit.ShouldBe(order.Limit);
    }

    [Fact]
    public async Task OneWay_ThatThrows_DoesNotFailTheCaller()
    {
        await Grain.OneWay("one way");
        await silo.Signals.WaitAsync("one way");
    }

    [Fact]
    public async Task OneWay_OfVoidMethod_IsDelivered()
    {
        Grain.Nothing("nothing");
        await silo.Signals.WaitAsync("nothing");
    }

    [Fact]
    public async Task Exception_FromGrain_KeepsTypeAndMessage()
    {
        (await Should.ThrowAsync<InvalidOperationException>(() => Grain.Throw("at once"))).Message.ShouldBe("at once");
        (await Should.ThrowAsync<KeyNotFoundException>(() => Grain.ThrowLater("later"))).Message.ShouldBe("later");
        (await Should.ThrowAsync<OwnException>(() => Grain.ThrowOwn(7))).Code.ShouldBe(7);
    }

    [Fact]
    public async Task ResponseTimeout_OfMethod_EndsTheWait()
    {
        await Should.ThrowAsync<TimeoutException>(() => silo.Grains.GetGrain<ICallGrain>("slow").Slow("never set"));
        silo.Signals.Set("never set");
    }

    [Fact]
    public async Task ResponseTimeout_OfSilo_EndsTheWait()
    {
        await using var impatient = await Silo.StartAsync(builder => builder
            .Configure<SiloMessagingOptions>(options => options.ResponseTimeout = TimeSpan.FromMilliseconds(500))
            .Configure<ClientMessagingOptions>(options => options.ResponseTimeout = TimeSpan.FromMilliseconds(500)));
        var grain = impatient.Grains.GetGrain<ICallGrain>("held");
        await Should.ThrowAsync<TimeoutException>(() => grain.Hold("t"));
        impatient.Signals.Set("t may go");
    }

    [Fact]
    public async Task ResponseTimeout_OfWaitingCall_AnswersNothingLater()
    {
        var grain = silo.Grains.GetGrain<ICallGrain>("waiting");
        var held = grain.Hold("u");
        await silo.Signals.WaitAsync("u holds");
        await Should.ThrowAsync<TimeoutException>(() => grain.Slow("u never"));
        silo.Signals.Set("u may go");
        await held;
    }

    [Fact]
    public async Task Cancellation_OfRunningCall_ReachesTheGrain()
    {
        using var cancellation = new CancellationTokenSource();
        var call = silo.Grains.GetGrain<ICallGrain>("cancelled").Cancellable("x", cancellation.Token);
        await silo.Signals.WaitAsync("x runs");
        await cancellation.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => call);
        await silo.Signals.WaitAsync("x cancelled");
    }

    [Fact]
    public async Task Cancellation_OfWaitingCall_KeepsItFromRunning()
    {
        // Without an acknowledgement the cancellation travels beside the call, and may come after the call's turn has begun.
        await using var patient = await Silo.StartAsync(builder => builder
            .Configure<SiloMessagingOptions>(options => options.WaitForCancellationAcknowledgement = true)
            .Configure<ClientMessagingOptions>(options => options.WaitForCancellationAcknowledgement = true));
        var grain = patient.Grains.GetGrain<ICallGrain>("waiting to be cancelled");
        var held = grain.Hold("y");
        await patient.Signals.WaitAsync("y holds");
        using var cancellation = new CancellationTokenSource();
        var call = grain.Cancellable("z", cancellation.Token);
        await cancellation.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => call);
        patient.Signals.Set("y may go");
        await held;
        await grain.Plain();
        patient.Signals.IsSet("z runs").ShouldBeFalse();
    }

    [Fact]
    public async Task Cancellation_BeforeTheCall_Throws()
    {
        using var cancellation = new CancellationTokenSource();
        await cancellation.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => Grain.Cancellable("never", cancellation.Token));
    }

    [Fact]
    public async Task RequestContext_SetByCaller_FlowsThroughCalls()
    {
        RequestContext.Set("who", "me");
        (await Grain.ContextValue("who")).ShouldBe("me");
        (await Grain.ContextValueBeyond("who", "beyond")).ShouldBe("me");
        RequestContext.Remove("who").ShouldBeTrue();
        (await Grain.ContextValue("who")).ShouldBeNull();
    }

    [Fact]
    public async Task RequestContext_SetByGrain_DoesNotFlowBack()
    {
        await Grain.SetContext("inner", "value");
        RequestContext.Get("inner").ShouldBeNull();
        (await Grain.ContextValue("inner")).ShouldBeNull();
    }

    [Fact]
    public async Task AsyncLocal_OfCaller_DoesNotReachTheGrain()
    {
        CallLocal.Value.Value = "mine";
        (await silo.Grains.GetGrain<ILocalGrain>("local").Value()).ShouldBeNull();
    }

    [Fact]
    public async Task Reference_PassedToAnotherGrain_LeadsBack()
    {
        (await Grain.AskBack("other")).ShouldBe("calls");
    }

    [Fact]
    public async Task Key_EachKind_IsWhatTheCallerGave()
    {
        var guid = Guid.NewGuid();
        (await silo.Grains.GetGrain<IGuidGrain>(guid).Key()).ShouldBe(guid);
        (await silo.Grains.GetGrain<INumberGrain>(-42).Key()).ShouldBe(-42);
        (await silo.Grains.GetGrain<ICallGrain>("a/b c+%ä").Name()).ShouldBe("a/b c+%ä");
    }

    [Fact]
    public void Reference_OfSameGrain_IsEqual()
    {
        silo.Grains.GetGrain<ICallGrain>("same").ShouldBe(silo.Grains.GetGrain<ICallGrain>("same"));
        silo.Grains.GetGrain<ICallGrain>("same").ShouldNotBe(silo.Grains.GetGrain<ICallGrain>("else"));
        silo.Grains.GetGrain<ICallGrain>("same").GetGrainId().ShouldBe(GrainId.Create("call", "same"));
    }
}
