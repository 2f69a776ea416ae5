using Orleans.Runtime;

namespace Orleans;

/// <summary>A grain that takes reminders.</summary>
public interface IRemindable : IGrain
{
    /// <summary>A reminder is due; the grain is activated for it if need be.</summary>
    Task ReceiveReminder(string reminderName, TickStatus status);
}
