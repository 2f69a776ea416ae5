using ImageBuilder.Integration.Tests.Running;
using ImageBuilder.Sandbox.Cancels;

namespace ImageBuilder.Integration.Tests.Cancels;

/// <summary>The short version of tests/cancels.sh, with more patience: a machine that runs tests may be busy.</summary>
public sealed class CancelsTests
{
    [ServiceFact]
    public async Task Builds_CancelledAtRandomMoments_EndSoonAndLeaveNothing()
    {
        using var output = new StringWriter();
        using var deadline = new CancellationTokenSource(TimeSpan.FromMinutes(10));

        var code = await CancelsRun.RunAsync(new CancelsOptions { Cancels = 12, Kills = 4, Limit = TimeSpan.FromSeconds(5) }, output, deadline.Token);

        code.ShouldBe(0, output.ToString());
        output.ToString().ShouldContain("kill 4 with buildah, ");
    }
}
