namespace ImageBuilder.Registry.Transport;

/// <summary>The one request that goes to see whether a registry answers again.</summary>
internal sealed class BudgetProbe(BudgetBlock block)
{
    private readonly TaskCompletionSource _outcome = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Ends when it is known what came of it.</summary>
    public Task Outcome => _outcome.Task;

    /// <summary>The registry answered, and not with 429.</summary>
    public void Answered() => block.End(this);

    /// <summary>The request is over, and those who wait for it go on; if no answer was told before, another goes to see.</summary>
    public void End() => block.Release(this);

    /// <summary>For the block alone: lets those who wait go on.</summary>
    public void Complete() => _outcome.TrySetResult();
}
