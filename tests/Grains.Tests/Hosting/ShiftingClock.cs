namespace ImageBuilder.Grains.Tests.Hosting;

/// <summary>
/// The system's clock, whose time of day a test can move on; timers run as ever. It begins a month back: the idle collection of Orleans compares it
/// with the system's own time, and a silo whose clock is ahead of that activates no grain.
/// </summary>
internal sealed class ShiftingClock : TimeProvider
{
    private long _aheadTicks = -30 * TimeSpan.TicksPerDay;

    public override DateTimeOffset GetUtcNow() => base.GetUtcNow().AddTicks(Interlocked.Read(ref _aheadTicks));

    public void Advance(TimeSpan by) => Interlocked.Add(ref _aheadTicks, by.Ticks);
}
