namespace ImageBuilder.Orleans.Behaviour.Tests.Reminders;

public sealed class ReminderTests(Silo silo) : IClassFixture<Silo>
{
    private static readonly TimeSpan Period = TimeSpan.FromMinutes(2);

    [Fact]
    public async Task Reminder_Due_ActivatesTheGrain()
    {
        var grain = silo.Grains.GetGrain<IReminderGrain>("reminded");
        await grain.Remind("wake", TimeSpan.FromMilliseconds(500), Period);
        await grain.End();
        await silo.Signals.WaitAsync("reminded wake");
        silo.Signals.CountOf("reminded activated").ShouldBe(2);
    }

    [Fact]
    public async Task Reminder_Unregistered_IsGone()
    {
        var grain = silo.Grains.GetGrain<IReminderGrain>("forgotten");
        (await grain.Has("wake")).ShouldBeFalse();
        await grain.Remind("wake", Period, Period);
        (await grain.Has("wake")).ShouldBeTrue();
        await grain.Forget("wake");
        (await grain.Has("wake")).ShouldBeFalse();
    }

    [Fact]
    public async Task Reminder_UnderMinimumPeriod_IsRefused()
    {
        var grain = silo.Grains.GetGrain<IReminderGrain>("hasty");
        await Should.ThrowAsync<ArgumentException>(() => grain.Remind("wake", TimeSpan.Zero, TimeSpan.FromSeconds(1)));
    }
}
