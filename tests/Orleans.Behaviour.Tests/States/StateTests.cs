using Microsoft.Extensions.DependencyInjection;
using Orleans.Storage;

namespace ImageBuilder.Orleans.Behaviour.Tests.States;

public sealed class StateTests(Silo silo) : IClassFixture<Silo>
{
    [Fact]
    public async Task State_Written_OutlivesTheActivation()
    {
        var grain = silo.Grains.GetGrain<IStateGrain>("kept");
        (await grain.Exists()).ShouldBeFalse();
        await grain.Write("first");
        (await grain.Exists()).ShouldBeTrue();
        await EndAsync(grain);
        (await grain.Read()).ShouldBe("first");
        silo.Signals.Log.ShouldContain("kept activated with first");
    }

    [Fact]
    public async Task State_NotWritten_IsLostWithTheActivation()
    {
        var grain = silo.Grains.GetGrain<IStateGrain>("lost");
        await grain.Write("first");
        await grain.WriteWithoutStoring("second");
        await EndAsync(grain);
        (await grain.Read()).ShouldBe("first");
    }

    [Fact]
    public async Task State_Cleared_IsGone()
    {
        var grain = silo.Grains.GetGrain<IStateGrain>("cleared");
        await grain.Write("first");
        await grain.Clear();
        (await grain.Exists()).ShouldBeFalse();
        await EndAsync(grain);
        (await grain.Read()).ShouldBeNull();
        await grain.Write("again");
        (await grain.Read()).ShouldBe("again");
    }

    [Fact]
    public async Task Write_AfterAnotherWroteTheState_FailsAndEndsTheActivation()
    {
        var grain = silo.Grains.GetGrain<IStateGrain>("inconsistent");
        await grain.Write("mine");
        var storage = silo.Host.Services.GetRequiredKeyedService<IGrainStorage>("memory");
        var state = new GrainState<Record>();
        await storage.ReadStateAsync("record", grain.GetGrainId(), state);
        state.State!.Name = "theirs";
        await storage.WriteStateAsync("record", grain.GetGrainId(), state);

        await Should.ThrowAsync<InconsistentStateException>(() => grain.Write("mine again"));
        (await grain.Read()).ShouldBe("theirs");
        (await grain.Activation()).ShouldBe(2);
    }

    [Fact]
    public async Task Write_OutsideTheGrainsTurns_IsRefused()
    {
        await Should.ThrowAsync<InvalidOperationException>(() => silo.Grains.GetGrain<IStateGrain>("outside").WriteOutsideItsTurns());
    }

    [Fact]
    public async Task Grain_WithStorageThatIsNotConfigured_Fails()
    {
        var error = await Should.ThrowAsync<Exception>(() => silo.Grains.GetGrain<IMisconfiguredGrain>("x").Ping());
        error.ToString().ShouldContain("not there");
    }

    private async Task EndAsync(IStateGrain grain)
    {
        await grain.End();
        await silo.Signals.WaitAsync($"{grain.GetPrimaryKeyString()} deactivating");
    }
}
