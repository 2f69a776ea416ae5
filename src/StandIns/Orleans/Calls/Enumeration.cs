namespace Orleans.Runtime;

/// <summary>An enumeration on its activation.</summary>
internal abstract class Enumeration
{
    private readonly TaskCompletionSource _aborted = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Where it runs; null until its first step.</summary>
    public Activation? Activation { get; protected set; }

    protected Task WhenAborted => _aborted.Task;

    public static EnumerationAbortedException Aborted() =>
        new("The activation that this enumeration read from has ended. Start a new one from where this one was.");

    /// <summary>Ends the reader's wait, since the activation is about to end.</summary>
    public void Abort() => _aborted.TrySetResult();

    public abstract void Cancel();

    public abstract Task DisposeAsync();
}
