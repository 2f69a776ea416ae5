namespace Orleans.Runtime;

/// <summary>A timer of one activation; disposing it, or the activation's end, stops it.</summary>
public interface IGrainTimer : IDisposable
{
    /// <summary>Sets the times anew; during a tick this takes effect at its end.</summary>
    void Change(TimeSpan dueTime, TimeSpan period);
}
