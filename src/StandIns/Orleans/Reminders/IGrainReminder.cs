namespace Orleans.Runtime;

/// <summary>A reminder that a grain has registered.</summary>
public interface IGrainReminder
{
    /// <summary>Its name, unique within the grain.</summary>
    string ReminderName { get; }
}
