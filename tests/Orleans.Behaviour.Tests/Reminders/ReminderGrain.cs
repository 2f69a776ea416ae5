namespace ImageBuilder.Orleans.Behaviour.Tests.Reminders;

public sealed class ReminderGrain(Signals signals) : Grain, IReminderGrain, IRemindable
{
    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        signals.Count($"{this.GetPrimaryKeyString()} activated");
        return Task.CompletedTask;
    }

    public Task ReceiveReminder(string reminderName, TickStatus status)
    {
        status.Period.ShouldBe(TimeSpan.FromMinutes(2));
        signals.Count($"{this.GetPrimaryKeyString()} {reminderName}");
        return Task.CompletedTask;
    }

    public Task Remind(string name, TimeSpan due, TimeSpan period) => this.RegisterOrUpdateReminder(name, due, period);

    public async Task<bool> Has(string name) => await this.GetReminder(name) is { } reminder && reminder.ReminderName == name;

    public async Task Forget(string name) => await this.UnregisterReminder((await this.GetReminder(name))!);

    public Task End()
    {
        DeactivateOnIdle();
        return Task.CompletedTask;
    }
}
