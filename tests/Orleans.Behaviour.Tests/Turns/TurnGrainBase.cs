namespace ImageBuilder.Orleans.Behaviour.Tests.Turns;

public abstract class TurnGrainBase(Signals signals) : Grain
{
    private int _value;
    private int _inside;

    public async Task Hold(string name)
    {
        signals.Set($"{name} holds");
        await signals.WaitAsync($"{name} may go");
        signals.Write($"{name} held");
    }

    public Task Ping()
    {
        signals.Write($"{this.GetPrimaryKeyString()} pinged");
        return Task.CompletedTask;
    }

    public Task Interleaved() => Ping();

    public Task Read(string name) => Hold(name);

    public Task Peek() => Ping();

    public async Task<int> Increment()
    {
        // Two threads in here at once would lose an increment, or meet each other.
        Interlocked.Increment(ref _inside).ShouldBe(1);
        var value = _value;
        Thread.SpinWait(50);
        _value = value + 1;
        Interlocked.Decrement(ref _inside);
        await Task.Yield();
        Interlocked.Increment(ref _inside).ShouldBe(1);
        Thread.SpinWait(50);
        Interlocked.Decrement(ref _inside);
        return _value;
    }

    public async Task<bool> StaysOnSchedulerAfterAwait()
    {
        signals.Write("awaits");
        var before = TaskScheduler.Current;
        await Task.Delay(1);
        return before != TaskScheduler.Default && TaskScheduler.Current == before;
    }

    public async Task<bool> LeavesSchedulerAfterConfigureAwaitFalse()
    {
        signals.Write("leaves");
#pragma warning disable ORLEANS0014 // Leaving the grain's turns is what is tested.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
#pragma warning restore ORLEANS0014
        return TaskScheduler.Current == TaskScheduler.Default;
    }
}
