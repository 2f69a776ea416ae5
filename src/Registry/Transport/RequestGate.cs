namespace ImageBuilder.Registry.Transport;

/// <summary>Lets so many requests at a time through to each registry, in the order in which they come.</summary>
/// <param name="limit">How many.</param>
internal sealed class RequestGate(int limit)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, Lane> _lanes = new(StringComparer.Ordinal);

    /// <summary>Waits for a turn; <see cref="Leave"/> must follow.</summary>
    public ValueTask EnterAsync(string registry, CancellationToken cancellationToken)
    {
        TaskCompletionSource turn;
        lock (_lock)
        {
            if (!_lanes.TryGetValue(registry, out var lane))
            {
                lane = new Lane();
                _lanes.Add(registry, lane);
            }

            if (lane.Running < limit)
            {
                lane.Running++;
                return ValueTask.CompletedTask;
            }

            turn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            lane.Waiting.Enqueue(turn);
        }

        return new ValueTask(WaitAsync(registry, turn, cancellationToken));
    }

    /// <summary>Gives the turn on.</summary>
    public void Leave(string registry)
    {
        lock (_lock)
        {
            var lane = _lanes[registry];
            while (lane.Waiting.TryDequeue(out var next))
            {
                if (next.TrySetResult())
                {
                    return;
                }
            }

            lane.Running--;
            if (lane.Running == 0)
            {
                _lanes.Remove(registry);
            }
        }
    }

    private async Task WaitAsync(string registry, TaskCompletionSource turn, CancellationToken cancellationToken)
    {
        try
        {
            await turn.Task.WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            // The turn may have come in the same moment.
            if (!turn.TrySetCanceled(cancellationToken))
            {
                Leave(registry);
            }

            throw;
        }
    }

    private sealed class Lane
    {
        public int Running { get; set; }

        public Queue<TaskCompletionSource> Waiting { get; } = [];
    }
}
