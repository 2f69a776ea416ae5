namespace ImageBuilder.Orleans.Behaviour.Tests.Reminders;

public sealed class ReminderTests(Silo silo) : IClassFixture<Silo>
{
    private static readonly TimeSpan Period = TimeSpan.FromMinutes(2);

    [Fact]
    public async Task Reminder_Due_ActivatesTheGrain()
    {
        // A busy machine may remind the grain before it has ended.
        var due = TimeSpan.FromMilliseconds(500);
        while (await CountActivationsAsync($"reminded after {due}", due) == 1)
        {
            due *= 4;
            due.ShouldBeLessThan(TimeSpan.FromMinutes(1));
        }
    }

    /// <summary>How often a grain was activated that ended after it had asked to be reminded, once it is.</summary>
    private async Task<int> CountActivationsAsync(string name, TimeSpan due)
    {
        var grain = silo.Grains.GetGrain<IReminderGrain>(name);
        await grain.Remind("wake", due, Period);
        await grain.End();
        await silo.Signals.WaitAsync($"{name} wake");
        return silo.Signals.CountOf($"{name} activated");
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
