using System.Collections.Concurrent;
using ImageBuilder.Testing;

namespace ImageBuilder.Registry.Tests.Transport;

/// <summary>
/// A clock that stands still, but jumps over every wait as soon as somebody begins it, and notes it. Deadlines are not waited for, and so not jumped over.
/// </summary>
internal sealed class JumpingTimeProvider : TimeProvider
{
    private readonly ManualTimeProvider _clock = new();

    public ConcurrentQueue<TimeSpan> Waits { get; } = [];

    public override long TimestampFrequency => _clock.TimestampFrequency;

    public override DateTimeOffset GetUtcNow() => _clock.GetUtcNow();

    public override long GetTimestamp() => _clock.GetTimestamp();

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = _clock.CreateTimer(callback, state, dueTime, period);
        if (dueTime >= TimeSpan.Zero && state is not CancellationTokenSource)
        {
            Waits.Enqueue(dueTime);
            ThreadPool.QueueUserWorkItem(_ => _clock.Advance(dueTime));
        }

        return timer;
    }
}
