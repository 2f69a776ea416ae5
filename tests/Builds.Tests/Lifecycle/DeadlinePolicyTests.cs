using ImageBuilder.Builds.Lifecycle;

namespace ImageBuilder.Builds.Tests.Lifecycle;

public sealed class DeadlinePolicyTests
{
    [Theory]
    [InlineData(null, 3600, 3600)]
    [InlineData(60.0, 3600, 60)]
    [InlineData(3600.0, 3600, 3600)]
    [InlineData(3600.5, 3600, 3600)]
    [InlineData(1.0, 3600, 1)]
    [InlineData(0.5, 3600, 1)]
    [InlineData(0.0, 3600, 1)]
    [InlineData(-5.0, 3600, 1)]
    [InlineData(0.1, 0.5, 0.5)]
    public void Of_RequestedAndInstallation_IsBoundedByBoth(double? requested, double installation, double expected) =>
        DeadlinePolicy.Of(requested is { } seconds ? TimeSpan.FromSeconds(seconds) : null, TimeSpan.FromSeconds(installation))
            .ShouldBe(TimeSpan.FromSeconds(expected));

    [Fact]
    public void Of_AnyRequest_IsNeverMoreThanTheInstallationAllows()
    {
        var random = new Random(7);
        for (var run = 0; run < 10_000; run++)
        {
            var installation = TimeSpan.FromTicks(random.NextInt64(1, TimeSpan.TicksPerDay));
            var requested = TimeSpan.FromTicks(random.NextInt64(long.MinValue, long.MaxValue));
            DeadlinePolicy.Of(requested, installation).ShouldBeInRange(TimeSpan.FromTicks(1), installation);
        }
    }
}
