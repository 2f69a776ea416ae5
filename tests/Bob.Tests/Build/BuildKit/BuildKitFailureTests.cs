using ImageBuilder.Bob.Build;
using ImageBuilder.Bob.Build.BuildKit;

namespace ImageBuilder.Bob.Tests.Build.BuildKit;

public sealed class BuildKitFailureTests
{
    private static readonly ProxiedImages s_images = ProxiedImages.Find(Dockerfile.Parse("FROM r.example:5000/a"), "localhost:8080");

    [Theory]
    [InlineData("localhost:8080/ns/r.example_5000/a:latest: not found", "BaseImageNotFound", "base image not found: r.example:5000/a:latest: not found")]
    [InlineData("pulling from host localhost:8080 failed with status code [manifests 1]: 403 Forbidden", "BaseImageDenied", "access to the base image is denied")]
    [InlineData("failed to load LLB: error evaluating the source policy: source \"docker-image://x/y\" denied by policy: source denied by policy", "BaseImageDenied", "only where the Dockerfile names them")]
    [InlineData("failed to compute cache key: \"/nothing\": not found", "BuildStepFailed", "\"/nothing\": not found")]
    [InlineData("process \"/bin/sh -c curl localhost:8080: 403 denied by policy\" did not complete successfully: exit code: 2", "BuildStepFailed", "exit code: 2")]
    [InlineData("failed to push localhost:8080/base:latest: unexpected status: 403 Forbidden", "PushDenied", "the image cannot be pushed")]
    [InlineData("failed to push localhost:8080/base:latest: unexpected status: 500 Internal Server Error", "Internal", "the image cannot be pushed")]
    [InlineData("write /layer: no space left on device", "OutOfDisk", "no space left")]
    public void Of_EngineError_HasItsReason(string error, string reason, string message)
    {
        var failure = BuildKitFailure.Of($"#1 done\nerror: failed to solve: {error}\n", s_images);

        failure.Reason.ToString().ShouldBe(reason);
        failure.Message.ShouldStartWith("build failed: ");
        failure.Message.ShouldContain(message, Case.Sensitive);
    }

    [Fact]
    public void Of_NoError_SaysSo() => BuildKitFailure.Of("#1 0.1 error: not the engine's\n", s_images).Message.ShouldBe("build failed: the engine gave no reason");

    [Fact]
    public void Of_FailedStep_NamesTheStep() =>
        BuildKitFailure.Of("------\n > [2/2] RUN x:\n#5 0.1 out\n------\nerror: failed to solve: process \"x\" did not complete successfully: exit code: 1", s_images)
            .Message.ShouldBe("build failed: [2/2] RUN x: process \"x\" did not complete successfully: exit code: 1");

    [Theory]
    [InlineData("#6 0.4 a line\nerror: failed to receive status: rpc error: code = Canceled desc = context canceled\n", true)]
    [InlineData("#6 0.4 half a line error: failed to receive status: rpc error: code = Canceled desc = context canceled", true)]
    [InlineData("#6 0.4 error: failed to receive status: rpc error: code = Canceled desc = context canceled\nerror: failed to solve: process did not complete\n", false)]
    public void IsOfLogAlone_LastError_Decides(string output, bool expected) => BuildKitFailure.IsOfLogAlone(output).ShouldBe(expected);

    [Theory]
    [InlineData("failed to copy: unexpected status code http://localhost:8080/v2/ns/r/a/blobs/sha256:1: 401 Unauthorized - Server message: unauthorized: this proxy serves one build, which has its password", true)]
    [InlineData("failed to copy: unexpected status code http://localhost:9090/v2/ns/r/a/blobs/sha256:1: 401 Unauthorized", true)]
    [InlineData("failed to do request: Get \"http://localhost:9090/v2/ns/r/a/blobs/sha256:1\": connection refused", true)]
    [InlineData("failed to copy: unexpected status code http://localhost:8080/v2/ns/r/a/blobs/sha256:1: 403 Forbidden", false)]
    [InlineData("process \"/bin/sh -c echo http://localhost:9090/v2/ns/ this proxy serves one build, which has its password\" did not complete successfully: exit code: 1", false)]
    public void IsOfSharedPull_Error_IsOfOneThatOthersWaitForToo(string error, bool expected) =>
        BuildKitFailure.IsOfSharedPull($"#6 0.4 a line\nerror: failed to solve: {error}\n", "localhost:8080").ShouldBe(expected);
}
