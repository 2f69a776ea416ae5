using ImageBuilder.Sandbox.Throughput;
using ImageBuilder.Testing;
using Orleans;

namespace ImageBuilder.Integration.Tests.Cluster;

/// <summary>The short version of tests/throughput.sh.</summary>
public sealed class ThroughputTests
{
    [PackageFact(typeof(IGrainFactory), "postgres", "setpriv")]
    public async Task Calls_SpreadOverAThousandGrains_CostNoMoreThanAFewTimesWhatThoseToOneDo()
    {
        using var output = new StringWriter();
        using var deadline = new CancellationTokenSource(TimeSpan.FromMinutes(10));

        var code = await ThroughputRun.RunAsync(ThroughputOptions.Quick, output, deadline.Token);

        code.ShouldBe(0, output.ToString());
    }
}
