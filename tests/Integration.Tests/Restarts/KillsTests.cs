using ImageBuilder.Integration.Tests.Running;
using ImageBuilder.Sandbox.Kills;

namespace ImageBuilder.Integration.Tests.Restarts;

/// <summary>The short version of tests/kills.sh.</summary>
public sealed class KillsTests
{
    [ProcessFact]
    public async Task Builds_ServiceKilledAtRandomMoments_NothingIsLostDoubledChangedOrLeftBehind()
    {
        using var output = new StringWriter();
        using var deadline = new CancellationTokenSource(TimeSpan.FromMinutes(10));

        var code = await KillsRun.RunAsync(new KillsOptions { Scripted = 2, Real = 1, Builds = 6 }, output, deadline.Token);

        code.ShouldBe(0, output.ToString());
        output.ToString().ShouldContain("2 kills with a scripted builder and 1 with bob");
    }
}
