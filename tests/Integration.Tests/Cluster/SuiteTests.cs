using ImageBuilder.Integration.Tests.Running;
using ImageBuilder.Sandbox.Processes;
using ImageBuilder.Testing;
using Orleans;

namespace ImageBuilder.Integration.Tests.Cluster;

/// <summary>The short version of tests/cluster.sh --suite: tests of a service in one process do the same on a cluster.</summary>
public sealed class SuiteTests
{
    [PackageFact(typeof(IGrainFactory), "postgres", "buildah", "runc", "docker-registry", "skopeo", "git", "busybox", "setpriv")]
    public async Task Suite_OnACluster_Passes()
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromMinutes(10));

        var result = await Command.RunAsync(
            "dotnet",
            ["test", typeof(SuiteTests).Assembly.Location, "--nologo", "--filter", $"FullyQualifiedName~{nameof(Builds)}.{nameof(Builds.MainJobTests)}|FullyQualifiedName~{nameof(Logs)}.{nameof(Logs.LogsTests)}"],
            variables: new Dictionary<string, string> { [TestedService.Variable] = "cluster" },
            cancellationToken: deadline.Token);

        result.ExitCode.ShouldBe(0, result.Output + result.Errors);
        result.Output.ShouldMatch(@"Failed:\s+0, Passed:\s+1[0-9], Skipped:\s+0");
    }
}
