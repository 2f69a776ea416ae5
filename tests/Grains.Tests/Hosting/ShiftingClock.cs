namespace ImageBuilder.Grains.Tests.Hosting;

/// <summary>The system's clock, whose time of day a test can move on; timers run as ever.</summary>
internal sealed class ShiftingClock : TimeProvider
{
    private long _aheadTicks;

    public override DateTimeOffset GetUtcNow() => base.GetUtcNow().AddTicks(Interlocked.Read(ref _aheadTicks));

    public void Advance(TimeSpan by) => Interlocked.Add(ref _aheadTicks, by.Ticks);
}
