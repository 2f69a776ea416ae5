using Microsoft.Extensions.DependencyInjection;
using Orleans.Runtime;

namespace Orleans;

/// <summary>Reminders of a grain.</summary>
public static class GrainReminderExtensions
{
    /// <summary>Calls <see cref="IRemindable.ReceiveReminder"/> after <paramref name="dueTime"/> and then every <paramref name="period"/>.</summary>
    /// <exception cref="ArgumentException">The name is empty, a time is negative or endless, or the period is under <c>ReminderOptions.MinimumReminderPeriod</c>.</exception>
    public static Task<IGrainReminder> RegisterOrUpdateReminder(this Grain grain, string reminderName, TimeSpan dueTime, TimeSpan period) =>
        ServiceOf(grain).RegisterAsync(grain.GetGrainId(), reminderName, dueTime, period);

    /// <summary>Ends a reminder.</summary>
    public static Task UnregisterReminder(this Grain grain, IGrainReminder reminder) =>
        ServiceOf(grain).UnregisterAsync(grain.GetGrainId(), reminder);

    /// <summary>The reminder of this name, or null.</summary>
    public static Task<IGrainReminder?> GetReminder(this Grain grain, string reminderName) =>
        Task.FromResult(ServiceOf(grain).Find(grain.GetGrainId(), reminderName));

    /// <summary>All reminders of the grain.</summary>
    public static Task<List<IGrainReminder>> GetReminders(this Grain grain) =>
        Task.FromResult(ServiceOf(grain).FindAll(grain.GetGrainId()));

    private static ReminderService ServiceOf(Grain grain)
    {
        if (grain is not IRemindable)
        {
            throw new InvalidOperationException($"{grain.GetType()} does not implement IRemindable.");
        }

        return grain.ServiceProvider.GetService<ReminderService>()
            ?? throw new OrleansConfigurationException("The reminder service has not been configured. Call UseInMemoryReminderService on the silo builder.");
    }
}
