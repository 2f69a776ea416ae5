namespace ImageBuilder.Integration.Tests.Running;

/// <summary>One address of the <see cref="Gate"/>.</summary>
public sealed class Door(string url)
{
    private readonly TaskCompletionSource _arrived = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<string> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _visits;

    /// <summary>The command of a build step that waits here and prints what it is told.</summary>
    public string Wait => $"wget -q -O - {url}";

    /// <summary>Ends when someone asks for the first time.</summary>
    public Task Arrived => _arrived.Task.WaitAsync(TimeSpan.FromMinutes(1));

    /// <summary>How often it was asked.</summary>
    public int Visits => _visits;

    internal Task<string> Answer => _answer.Task;

    /// <summary>Lets everyone through who waits or comes.</summary>
    public void Open(string answer = "") => _answer.TrySetResult(answer);

    internal void Arrive()
    {
        Interlocked.Increment(ref _visits);
        _arrived.TrySetResult();
    }
}
