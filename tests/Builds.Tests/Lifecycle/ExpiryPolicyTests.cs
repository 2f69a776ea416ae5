using ImageBuilder.Builds.Lifecycle;

namespace ImageBuilder.Builds.Tests.Lifecycle;

public sealed class ExpiryPolicyTests
{
    private static readonly DateTimeOffset Now = DateTimeOffset.UnixEpoch.AddDays(20_000);

    [Theory]
    [InlineData(0, 0, false, false)]
    [InlineData(24, 0, false, false)]
    [InlineData(24.01, 0, false, true)]
    [InlineData(1, 99, false, false)]
    [InlineData(1, 100, false, true)]
    [InlineData(48, 500, true, false)]
    public void IsExpired_ByAgeCountAndPin_IsAsConfigured(double hoursAgo, int newer, bool pinned, bool expected) =>
        ExpiryPolicy.IsExpired(Now.AddHours(-hoursAgo), pinned, newer, Now, TimeSpan.FromHours(24), count: 100).ShouldBe(expected);
}
