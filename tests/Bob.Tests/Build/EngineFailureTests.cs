using ImageBuilder.Bob.Build;
using ImageBuilder.Bob.Outcomes;

namespace ImageBuilder.Bob.Tests.Build;

public sealed class EngineFailureTests
{
    private const string Pull = "Error: creating build container: initializing source docker://r.example/a:1: reading manifest 1 in r.example/a: ";

    [Theory]
    [InlineData(Pull + "manifest unknown: manifest unknown", "BaseImageNotFound")]
    [InlineData(Pull + "name unknown: repository name not known to registry", "BaseImageNotFound")]
    [InlineData("Error: COPY --from=r.example/a: no stage or image found with that name", "BaseImageNotFound")]
    [InlineData(Pull + "denied: no credentials", "BaseImageDenied")]
    [InlineData(Pull + "unauthorized: authentication required", "BaseImageDenied")]
    [InlineData(Pull + "toomanyrequests: slow down", "RateLimited")]
    [InlineData(Pull + "received unexpected HTTP status: 500 Internal Server Error", "BuildStepFailed")]
    [InlineData("Error: building at STEP \"RUN false\": while running runtime: exit status 1", "BuildStepFailed")]
    [InlineData("Error: committing container: writing blob: no space left on device", "OutOfDisk")]
    public void OfBuild_EngineError_HasItsReason(string output, string reason)
    {
        var failure = EngineFailure.OfBuild("STEP 1\n" + output + "\n");

        failure.Reason.ToString().ShouldBe(reason);
        failure.Message.ShouldStartWith("build failed: ");
    }

    [Fact]
    public void OfBuild_StepPrintsAnotherError_TellsTheEnginesOwn()
    {
        var failure = EngineFailure.OfBuild(Pull + "manifest unknown\nError: building at STEP \"RUN x\": while running runtime: exit status 1\n");

        failure.Reason.ShouldBe(FailureReason.BuildStepFailed);
        failure.Message.ShouldBe("build failed: building at STEP \"RUN x\": while running runtime: exit status 1");
    }

    [Fact]
    public void OfBuild_EndlessError_IsCut() => EngineFailure.OfBuild("Error: " + new string('x', 100_000)).Message.Length.ShouldBeLessThan(2100);

    [Theory]
    [InlineData("Error: trying to reuse blob: checking whether a blob exists: denied: no", "PushDenied")]
    [InlineData("Error: writing manifest: received unexpected HTTP status: 500 Internal Server Error", "Internal")]
    public void OfPush_EngineError_HasItsReason(string output, string reason) => EngineFailure.OfPush(output).Reason.ToString().ShouldBe(reason);
}
