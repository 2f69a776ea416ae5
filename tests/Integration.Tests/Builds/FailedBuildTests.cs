using Grpc.Core;
using ImageBuilder.Contracts;
using ImageBuilder.Contracts.ContentService;
using ImageBuilder.Integration.Tests.Running;
using ImageBuilder.Sandbox.Images;
using ImageBuilder.Sandbox.Processes;
using ImageBuilder.Sandbox.Service;

namespace ImageBuilder.Integration.Tests.Builds;

[Collection(SharedService.Name)]
public sealed class FailedBuildTests(RunningService service)
{
    [ServiceFact]
    public async Task Build_FailingStep_SaysSoAndPushesNothing()
    {
        var request = await service.CreateRequestAsync("FROM @BASE@\nRUN echo about to fail && ls /nothing-here\n");

        var (last, log) = await service.BuildAsync(request);

        last.Status.ShouldBe(BuildStatus.DoneFailure);
        last.Message.ShouldStartWith("build failed:");
        log.ShouldContain("about to fail");
        log.ShouldContain("/nothing-here: No such file or directory");
        (await PushedImage.PullAsync(service.Surroundings.Registry, last.Ref)).ShouldBeNull();
        (await PushedImage.PullAsync(service.Surroundings.Registry, last.BaseRef)).ShouldBeNull();
    }

    [ServiceFact]
    public async Task Build_FailedBefore_BuildsAgain()
    {
        var door = service.Gate.Add();
        door.Open();
        var request = await service.CreateRequestAsync($"FROM @BASE@\nRUN {door.Wait} && false\n");
        await service.BuildAsync(request);

        var (last, _) = await service.BuildAsync(request);

        last.Status.ShouldBe(BuildStatus.DoneFailure);
        door.Visits.ShouldBe(2);
    }

    [ServiceFact]
    public async Task Build_NoSuchDockerfile_SaysWhereItLooked()
    {
        var request = await service.CreateRequestAsync("FROM @BASE@\n");
        request.Source.File.DockerfilePath = "docker/Dockerfile";

        var (last, _) = await service.BuildAsync(request);

        last.Status.ShouldBe(BuildStatus.DoneFailure);
        last.Message.ShouldContain("""could not find Dockerfile at "docker/Dockerfile". Please double-check the value specified in image.file in .gitpod.yml""");
    }

    [ServiceFact]
    public async Task Build_UnreachableRepository_NamesIt()
    {
        var repository = $"http://127.0.0.1:{FreePort.Choose()}/nothing.git";

        var (last, _) = await service.BuildAsync(BuildRequests.FromGit(repository, "Dockerfile", "1"));

        last.Status.ShouldBe(BuildStatus.DoneFailure);
        last.Message.ShouldStartWith("build failed:");
        last.Message.ShouldContain(repository);
    }

    [ServiceFact]
    public async Task Build_NoSuchBranch_NamesIt()
    {
        var request = await service.CreateRequestAsync("FROM @BASE@\n");
        request.Source.File.Source.Git.TargetMode = CloneTargetMode.RemoteBranch;
        request.Source.File.Source.Git.CloneTaget = "no-such-branch";

        var (last, _) = await service.BuildAsync(request);

        last.Status.ShouldBe(BuildStatus.DoneFailure);
        last.Message.ShouldStartWith("build failed:");
        last.Message.ShouldContain("no-such-branch");
    }

    [ServiceFact]
    public async Task Build_NoSuchBaseImage_NamesIt()
    {
        var missing = $"{service.Surroundings.Registry.Host}/local/no-such-image:1";

        var (last, _) = await service.BuildAsync(await service.CreateRequestAsync($"FROM {missing}\n"));

        last.Status.ShouldBe(BuildStatus.DoneFailure);
        last.Message.ShouldStartWith("build failed:");
        last.Message.ShouldContain("local/no-such-image");
    }

    [ServiceFact]
    public async Task Build_NoSource_IsAnInvalidArgument()
    {
        var refused = await Should.ThrowAsync<RpcException>(() => service.Client.BuildAsync(new BuildRequest(), Stream.Null, RunningService.Deadline));

        refused.StatusCode.ShouldBe(StatusCode.InvalidArgument);
        refused.Status.Detail.ShouldBe("build source is missing");
    }
}
