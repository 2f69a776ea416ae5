using Orleans.Concurrency;

namespace ImageBuilder.Orleans.Behaviour.Tests.Turns;

public interface ITurnGrain : IGrainWithStringKey
{
    Task Hold(string name);

    Task Ping();

    [AlwaysInterleave]
    Task Interleaved();

    [ReadOnly]
    Task Read(string name);

    [ReadOnly]
    Task Peek();

    Task<int> Increment();

    Task<bool> StaysOnSchedulerAfterAwait();

    Task<bool> LeavesSchedulerAfterConfigureAwaitFalse();
}
