namespace ImageBuilder.Grains.Tests.Model;

/// <summary>
/// A process of the service that is killed at a step of its own: right before or right after something that it does to the world. From then on
/// nothing that it does reaches the world, and nobody hears of it.
/// </summary>
/// <param name="killedAt">The step at which it is killed; 0 for never.</param>
/// <param name="observe">Called at every step.</param>
internal sealed class MortalProcess(int killedAt, Action observe)
{
    private readonly Lock _lock = new();
    private readonly TaskCompletionSource _killed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _gone = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _buried = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _steps;
    private int _underWay;
    private bool _isKilled;

    /// <summary>Ends when it has been killed, and what it was doing to the world at that moment is done.</summary>
    public Task Gone => _gone.Task;

    /// <summary>Ends when it has been killed.</summary>
    public Task Killed => _killed.Task;

    public int Steps => Volatile.Read(ref _steps);

    /// <summary>Does something to the world, unless it is dead by then, and tells what came of it, unless it is dead by then.</summary>
    public async Task<T> DoAsync<T>(Func<Task<T>> effect)
    {
        await StepAsync(isEntering: true);
        T result;
        try
        {
            result = await effect();
        }
        finally
        {
            Leave();
        }

        await StepAsync(isEntering: false);
        return result;
    }

    /// <summary>Ends with the process: whatever it still waits for fails now.</summary>
    public void Bury() => _buried.TrySetResult();

    private async Task StepAsync(bool isEntering)
    {
        observe();
        var died = false;
        lock (_lock)
        {
            if (!_isKilled)
            {
                died = _isKilled = ++_steps == killedAt;
                if (!died && isEntering)
                {
                    _underWay++;
                }
            }
            else
            {
                died = true;
            }
        }

        if (died)
        {
            Settle();
            await _buried.Task;
            throw new IOException("the process is gone");
        }
    }

    private void Leave()
    {
        lock (_lock)
        {
            _underWay--;
        }

        Settle();
    }

    private void Settle()
    {
        lock (_lock)
        {
            if (_isKilled)
            {
                _killed.TrySetResult();
                if (_underWay == 0)
                {
                    _gone.TrySetResult();
                }
            }
        }
    }
}
