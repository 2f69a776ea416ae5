using Orleans.Concurrency;

namespace ImageBuilder.Orleans.Behaviour.Tests.Timers;

public interface ITimerGrain : IGrainWithStringKey
{
    Task Start(TimeSpan due, TimeSpan period, bool interleave, bool keepAlive);

    Task StartEach();

    [AlwaysInterleave]
    Task Change(TimeSpan due, TimeSpan period);

    [AlwaysInterleave]
    Task Stop();

    Task Hold(string name);

    Task Ping();

    [AlwaysInterleave]
    Task<int> Ticks();

    Task End();
}
