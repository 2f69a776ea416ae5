using System.Security.Cryptography;
using System.Text;
using Grpc.Core;
using ImageBuilder.Contracts;
using ImageBuilder.Integration.Tests.Running;
using ImageBuilder.Sandbox.Git;
using ImageBuilder.Sandbox.Images;
using ImageBuilder.Sandbox.Service;

namespace ImageBuilder.Integration.Tests.Builds;

[Collection(SharedService.Name)]
public sealed class MainJobTests(RunningService service)
{
    private BuildRequest Sample => BuildRequests.FromGit(service.Surroundings.SampleUrl, SampleRepository.Dockerfile, service.Surroundings.SampleCommit);

    [ServiceFact]
    public async Task Build_Sample_PushesAnImageThatKeepsItsWholeConfiguration()
    {
        var (last, _) = await service.BuildAsync(Sample);

        last.Status.ShouldBe(BuildStatus.DoneSuccess, last.Message);
        var image = await PushedImage.PullAsync(service.Surroundings.Registry, last.Ref);
        var config = image.ShouldNotBeNull().Config["config"]!;
        config["Env"]!.AsArray().Select(entry => entry!.ToString()).ShouldBe(["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "APP_HOME=/srv/app", "PORT=8081"]);
        config["User"]!.ToString().ShouldBe("app");
        config["WorkingDir"]!.ToString().ShouldBe("/srv/app");
        config["Entrypoint"]!.ToJsonString().ShouldBe("""["/bin/sh","./serve.sh"]""");
        config["Cmd"]!.ToJsonString().ShouldBe("""["www"]""");
        config["ExposedPorts"]!["8081/tcp"].ShouldNotBeNull();
        config["Labels"]!["org.opencontainers.image.title"]!.ToString().ShouldBe("sample");
        config["Healthcheck"]!["Test"]!.AsArray()[1]!.ToString().ShouldStartWith("wget -q -O /dev/null");
        config["Healthcheck"]!["Retries"]!.GetValue<int>().ShouldBe(5);
    }

    [ServiceFact]
    public async Task Build_Sample_NamesTheImageAsTheOldServiceDid()
    {
        var request = Sample;
        var repository = service.Surroundings.Registry.Host;
        var inputs = $"CloneTarget: \nContextPath: \nDockerfilePath: Dockerfile\nDockerfileVersion: {service.Surroundings.SampleCommit}\nRemoteURI: {service.Surroundings.SampleUrl}\nSource: git\n\n";
        var baseRef = $"{repository}/base-images:{Hash(inputs)}";

        var responses = await service.Client.BuildAsync(request, Stream.Null, RunningService.Deadline);

        responses[0].BaseRef.ShouldBe(baseRef);
        responses[0].Ref.ShouldBe($"{repository}/workspace-images:{Hash($"{baseRef}\n2\n")}");
        (await PushedImage.PullAsync(service.Surroundings.Registry, baseRef)).ShouldNotBeNull();
    }

    [ServiceFact]
    public async Task Build_ImageIsThere_AnswersWithOneMessage()
    {
        var (first, _) = await service.BuildAsync(Sample);

        var again = await service.Client.BuildAsync(Sample, Stream.Null, RunningService.Deadline);

        var only = again.ShouldHaveSingleItem();
        only.Status.ShouldBe(BuildStatus.DoneSuccess);
        only.Ref.ShouldBe(first.Ref);
        only.BaseRef.ShouldBe(first.BaseRef);
    }

    [ServiceFact]
    public async Task Build_ImageIsThereAndForced_BuildsAgain()
    {
        var door = service.Gate.Add();
        door.Open();
        var request = await service.CreateRequestAsync($"FROM @BASE@\nRUN {door.Wait}\n");
        await service.BuildAsync(request);

        request.ForceRebuild = true;
        var (last, _) = await service.BuildAsync(request);

        last.Status.ShouldBe(BuildStatus.DoneSuccess, last.Message);
        door.Visits.ShouldBe(2);
    }

    [ServiceFact]
    public async Task Build_SameSourceTwiceAtOnce_RunsOneBuild()
    {
        var door = service.Gate.Add();
        var request = await service.CreateRequestAsync($"FROM @BASE@\nRUN {door.Wait}\n");

        var first = service.BuildAsync(request);
        await door.Arrived;
        var second = service.Client.BuildAsync(request, Stream.Null, RunningService.Deadline);
        var forced = request.Clone();
        forced.ForceRebuild = true;
        using var third = service.Client.Rpc.Build(forced, cancellationToken: RunningService.Deadline);
        // One that comes after the end is a build of its own.
        (await third.ResponseStream.MoveNext(RunningService.Deadline)).ShouldBeTrue();
        var running = await service.Client.Rpc.ListBuildsAsync(new ListBuildsRequest());
        door.Open();

        running.Builds.ShouldHaveSingleItem().Status.ShouldBe(BuildStatus.Running);
        (await first).Last.Status.ShouldBe(BuildStatus.DoneSuccess);
        (await second)[^1].Status.ShouldBe(BuildStatus.DoneSuccess);
        (await third.ResponseStream.ReadAllAsync(RunningService.Deadline).LastAsync()).Status.ShouldBe(BuildStatus.DoneSuccess);
        door.Visits.ShouldBe(1);
    }

    [ServiceFact]
    public async Task Build_ClientGoesAway_GoesOn()
    {
        var door = service.Gate.Add();
        var request = await service.CreateRequestAsync($"FROM @BASE@\nRUN {door.Wait}\n");
        using var impatience = new CancellationTokenSource();
        var left = service.Client.BuildAsync(request, Stream.Null, impatience.Token);
        await door.Arrived;

        await impatience.CancelAsync();
        await left.ShouldThrowAsync<Exception>();
        var back = service.BuildAsync(request);
        door.Open();

        (await back).Last.Status.ShouldBe(BuildStatus.DoneSuccess);
        door.Visits.ShouldBe(1);
    }

    [ServiceFact]
    public async Task Build_ContextAndDockerfileInFolders_UsesThem()
    {
        var name = $"{Guid.NewGuid():N}.git";
        var repository = await GitRepository.CreateAsync(Path.Combine(service.Surroundings.Repositories, name));
        var commit = await repository.CommitAsync(new Dictionary<string, string>
        {
            ["images/dev/Dockerfile"] = $"FROM {service.Surroundings.BaseImage}\nCOPY note.txt /\nRUN cat /note.txt\n",
            ["parts/note.txt"] = "a note from the context\n",
        });
        var request = BuildRequests.FromGit(service.Surroundings.Git.Url(name), "images/dev/Dockerfile", commit);
        request.Source.File.ContextPath = "parts";

        var (last, log) = await service.BuildAsync(request);

        last.Status.ShouldBe(BuildStatus.DoneSuccess, last.Message);
        log.ShouldContain("a note from the context");
    }

    [ServiceFact]
    public async Task Build_Reference_CopiesTheImageWithoutBuilding()
    {
        var request = new BuildRequest
        {
            Source = new BuildSource { Ref = new BuildSourceReference { Ref = service.Surroundings.BaseImage } },
            Auth = BuildRequests.AllCredentials,
        };

        var (last, _) = await service.BuildAsync(request);

        last.Status.ShouldBe(BuildStatus.DoneSuccess, last.Message);
        (await PushedImage.PullAsync(service.Surroundings.Registry, last.Ref)).ShouldNotBeNull();
    }

    private static string Hash(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
}
