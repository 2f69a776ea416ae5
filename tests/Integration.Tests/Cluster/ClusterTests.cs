using ImageBuilder.Sandbox.Cluster;
using ImageBuilder.Testing;
using Orleans;

namespace ImageBuilder.Integration.Tests.Cluster;

/// <summary>The short version of tests/cluster.sh.</summary>
public sealed class ClusterTests
{
    [PackageFact(typeof(IGrainFactory), "postgres", "docker-registry", "skopeo", "git", "setpriv")]
    public async Task Builds_SilosAndDatabaseAreLost_NothingIsLostOrDoubledAndNoStreamEndsEarly()
    {
        using var output = new StringWriter();
        using var deadline = new CancellationTokenSource(TimeSpan.FromMinutes(10));

        // The gaps of a machine that runs other tests beside are no figure.
        var code = await ClusterRun.RunAsync(
            new ClusterOptions { Builds = 30, Kills = 1, CutOff = false, Tls = true, Crowd = (100, 1_000), Real = 0, GapLimit = TimeSpan.FromMinutes(1) }, output, deadline.Token);

        code.ShouldBe(0, output.ToString());
        output.ToString().ShouldContain("100 equal Build calls over both gateways: 100 done_success, 1 engine run(s)");
    }

    [PackageFact(typeof(IGrainFactory), "postgres", "buildah", "runc", "slirp4netns", "docker-registry", "skopeo", "git", "setpriv")]
    public async Task Builds_ByBobWhileSilosAreKilled_ImagesAreThoseOfTheirDockerfilesAndNothingIsLeft()
    {
        using var output = new StringWriter();
        using var deadline = new CancellationTokenSource(TimeSpan.FromMinutes(10));

        var code = await ClusterRun.RunAsync(new ClusterOptions { Builds = 0, Crowd = (0, 0), Rolling = false, Real = 3 }, output, deadline.Token);

        code.ShouldBe(0, output.ToString());
        output.ToString().ShouldContain("3 builds by bob, 3 silos killed: 3 succeeded, 3 begun anew");
    }
}
