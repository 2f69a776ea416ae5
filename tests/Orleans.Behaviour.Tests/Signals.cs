using System.Collections.Concurrent;

namespace ImageBuilder.Orleans.Behaviour.Tests;

/// <summary>What grains and tests tell each other beside calls.</summary>
public sealed class Signals
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly ConcurrentDictionary<string, TaskCompletionSource> _signals = new();
    private readonly ConcurrentDictionary<string, int> _counts = new();
    private readonly ConcurrentQueue<string> _log = new();

    public IReadOnlyList<string> Log => [.. _log];

    public void Set(string name) => Of(name).TrySetResult();

    public Task WaitAsync(string name) => Of(name).Task.WaitAsync(Patience);

    public bool IsSet(string name) => Of(name).Task.IsCompleted;

    public void Write(string line) => _log.Enqueue(line);

    /// <summary>Counts one more, and sets the signals <c>name</c> and <c>name:count</c>.</summary>
    public int Count(string name)
    {
        var count = _counts.AddOrUpdate(name, 1, (_, count) => count + 1);
        Set(name);
        Set($"{name}:{count}");
        return count;
    }

    public int CountOf(string name) => _counts.GetValueOrDefault(name);

    private TaskCompletionSource Of(string name) =>
        _signals.GetOrAdd(name, _ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
}
