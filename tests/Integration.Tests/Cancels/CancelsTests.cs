using ImageBuilder.Integration.Tests.Running;
using ImageBuilder.Sandbox.Cancels;

namespace ImageBuilder.Integration.Tests.Cancels;

/// <summary>The short version of tests/cancels.sh: every cancel ends its build and leaves nothing; how soon is the script's to tell, for a machine that runs tests may be busy.</summary>
public sealed class CancelsTests
{
    [ProcessFact]
    public async Task Builds_CancelledAtRandomMoments_EndAndLeaveNothing()
    {
        using var output = new StringWriter();
        using var deadline = new CancellationTokenSource(TimeSpan.FromMinutes(10));

        var code = await CancelsRun.RunAsync(new CancelsOptions { Cancels = 12, Kills = 4, Limit = TimeSpan.FromMinutes(1) }, output, deadline.Token);

        code.ShouldBe(0, output.ToString());
        output.ToString().ShouldContain("kill 4 with buildah, ");
    }
}
