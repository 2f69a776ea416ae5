namespace ImageBuilder.Orleans.Behaviour.Tests.Reminders;

public interface IReminderGrain : IGrainWithStringKey
{
    Task Remind(string name, TimeSpan due, TimeSpan period);

    Task<bool> Has(string name);

    Task Forget(string name);

    Task End();
}
