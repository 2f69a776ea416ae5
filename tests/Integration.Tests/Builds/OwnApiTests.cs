using System.Text;
using System.Text.Json;
using Grpc.Core;
using ImageBuilder.Contracts;
using ImageBuilder.Contracts.V1;
using ImageBuilder.Integration.Tests.Running;
using ImageBuilder.Sandbox.Processes;
using ImageBuilder.Sandbox.Service;
using BuildStatus = ImageBuilder.Contracts.V1.BuildStatus;
using ListBuildsRequest = ImageBuilder.Contracts.V1.ListBuildsRequest;

namespace ImageBuilder.Integration.Tests.Builds;

/// <summary>The service's own API, on real builds.</summary>
[Collection(SharedService.Name)]
public sealed class OwnApiTests(RunningService service)
{
    [ServiceFact]
    public async Task WatchAndReadLog_RunningBuild_EveryTransitionAndEveryByte()
    {
        var door = service.Gate.Add();
        using var call = service.Client.Rpc.Build(await service.CreateRequestAsync($"FROM @BASE@\nRUN echo be''fore && {door.Wait} && echo af''ter\n"));
        var id = await FirstIdAsync(call);
        var watching = AllAsync(service.Client.Builds.WatchBuild(new WatchBuildRequest { BuildId = id }));
        var following = AllAsync(service.Client.Builds.ReadLog(new ReadLogRequest { BuildId = id, Follow = true }));
        await door.Arrived;
        await UntilRunningAsync(id);
        var running = await service.Client.Builds.GetBuildAsync(new GetBuildRequest { BuildId = id });
        var listed = await service.Client.Builds.ListBuildsAsync(new ListBuildsRequest { Filter = new Filter { Statuses = { BuildStatus.Running } } });
        var queue = await service.Client.Builds.GetQueueAsync(new GetQueueRequest());

        door.Open();
        var versions = await watching;
        var parts = await following;

        running.Status.ShouldBe(BuildStatus.Running);
        listed.Builds.Select(build => build.BuildId).ShouldContain(id);
        queue.Running.Select(build => build.BuildId).ShouldContain(id);
        versions.Select(version => version.Version).ShouldBe([1, 2, 3, 4, 5]);
        versions.Select(version => version.Status).ShouldBe(
            [BuildStatus.Queued, BuildStatus.Launching, BuildStatus.Running, BuildStatus.Verifying, BuildStatus.Succeeded]);
        var last = versions[^1];
        last.Digest.ShouldStartWith("sha256:");
        (last.CreateTime <= last.StartTime && last.StartTime <= last.EndTime && last.EndTime <= last.Deadline).ShouldBeTrue();
        var log = await service.ReadLogAsync(last.WorkspaceRef);
        log.ShouldContain("after");
        Text(parts).ShouldBe(log);
        foreach (var offset in new[] { 0, 1, log.Length / 2, log.Length })
        {
            var rest = await AllAsync(service.Client.Builds.ReadLog(new ReadLogRequest { BuildId = id, Offset = offset }));
            Text(rest).ShouldBe(Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(log).AsSpan(offset)));
            rest[^1].End.ShouldBeTrue();
        }

        var found = (await service.Client.Builds.ListBuildsAsync(new ListBuildsRequest { Filter = new Filter { Ref = last.WorkspaceRef } })).Builds;
        found.ShouldHaveSingleItem().ShouldBe(last);
    }

    [ServiceFact]
    public async Task StartBuild_Extras_AreInTheImageAndInItsName()
    {
        var source = (await service.CreateRequestAsync("FROM scratch AS wanted\nARG WHAT\nENV WHAT=$WHAT\nCOPY Dockerfile /\nFROM @BASE@\nRUN false\n")).Source;
        var request = new StartBuildRequest
        {
            Source = source,
            Auth = BuildRequests.AllCredentials,
            Owner = "the test",
            Extras = new Extras
            {
                BuildArgs = { ["WHAT"] = "a \"b\" $c, 'd'" },
                Labels = { ["org.example.one"] = "x=y" },
                TargetStage = "wanted",
                Platform = "linux/arm64",
            },
        };

        var started = await service.Client.Builds.StartBuildAsync(request);
        var ended = (await AllAsync(service.Client.Builds.WatchBuild(new WatchBuildRequest { BuildId = started.Build.BuildId })))[^1];
        var again = await service.Client.Builds.StartBuildAsync(request);

        started.Outcome.ShouldBe(StartOutcome.Started);
        ended.Status.ShouldBe(BuildStatus.Succeeded, ended.Failure?.Message);
        ended.Extras.ShouldBe(request.Extras);
        (again.Outcome, again.Build).ShouldBe((StartOutcome.AlreadyBuilt, await service.Client.Builds.GetBuildAsync(new GetBuildRequest { BuildId = ended.BuildId })));
        var image = await ConfigAsync(ended.WorkspaceRef);
        var config = image.GetProperty("config");
        config.GetProperty("Env").EnumerateArray().Select(variable => variable.GetString()).ShouldContain("WHAT=a \"b\" $c, 'd'");
        config.GetProperty("Labels").GetProperty("org.example.one").GetString().ShouldBe("x=y");
        image.GetProperty("architecture").GetString().ShouldBe("arm64");

        request.Extras.BuildArgs["WHAT"] = "another";
        request.NoCache = true;
        var other = await service.Client.Builds.StartBuildAsync(request);
        (other.Outcome, other.Build.NoCache).ShouldBe((StartOutcome.Started, true));
        new[] { other.WorkspaceRef, (await service.Client.Rpc.ResolveWorkspaceImageAsync(new ResolveWorkspaceImageRequest { Source = source, Auth = request.Auth })).Ref }
            .ShouldNotContain(ended.WorkspaceRef);
        (await AllAsync(service.Client.Builds.WatchBuild(new WatchBuildRequest { BuildId = other.Build.BuildId })))[^1].Status.ShouldBe(BuildStatus.Succeeded);
    }

    [ServiceFact]
    public async Task Build_PastItsDeadline_EndsAsTimedOutAndSaysSo()
    {
        using var call = service.Client.Rpc.Build(await service.CreateRequestAsync("FROM @BASE@\nRUN sleep 600\n"), new Metadata { { "imagebuilder-deadline", "2" } });
        var id = await FirstIdAsync(call);

        var last = (await AllAsync(call))[^1];

        last.Status.ShouldBe(ImageBuilder.Contracts.BuildStatus.DoneFailure);
        last.Message.ShouldBe("build failed: the build took longer than 00:00:02 and was ended");
        var build = await service.Client.Builds.GetBuildAsync(new GetBuildRequest { BuildId = id });
        build.Status.ShouldBe(BuildStatus.TimedOut);
        build.Failure.Reason.ShouldBe(FailureReason.Timeout);
    }

    [ServiceFact]
    public async Task CancelBuild_RunningBuild_EndsAndSaysByWhom()
    {
        var door = service.Gate.Add();
        using var call = service.Client.Rpc.Build(await service.CreateRequestAsync($"FROM @BASE@\nRUN {door.Wait}\n"));
        var id = await FirstIdAsync(call);
        await door.Arrived;

        var asked = await service.Client.Builds.CancelBuildAsync(new CancelBuildRequest { BuildId = id, By = "the test" });
        await service.Client.Builds.CancelBuildAsync(new CancelBuildRequest { BuildId = id, By = "somebody else" });

        asked.CancelRequested.ShouldBeTrue();
        var last = (await AllAsync(service.Client.Builds.WatchBuild(new WatchBuildRequest { BuildId = id, AfterVersion = asked.Version })))[^1];
        (last.Status, last.Failure.Reason, last.Failure.Message).ShouldBe((BuildStatus.Cancelled, FailureReason.Cancelled, "build cancelled by the test"));
        var told = await AllAsync(call);
        (told[^1].Status, told[^1].Message).ShouldBe((ImageBuilder.Contracts.BuildStatus.DoneFailure, "build cancelled by the test"));
        (await service.Client.Builds.CancelBuildAsync(new CancelBuildRequest { BuildId = id })).ShouldBe(last);
    }

    [ServiceFact]
    public async Task PinBuild_FinishedBuild_ListedSoUntilLetGo()
    {
        var (built, _) = await service.BuildAsync(await service.CreateRequestAsync("FROM @BASE@\nRUN false\n"));
        var id = built.Info.BuildId;

        var pinned = await service.Client.Builds.PinBuildAsync(new PinBuildRequest { BuildId = id, Pinned = true });

        pinned.Pinned.ShouldBeTrue();
        var request = new ListBuildsRequest { Filter = new Filter { Ref = built.Ref, Reasons = { FailureReason.BuildStepFailed } } };
        var listed = (await service.Client.Builds.ListBuildsAsync(request)).Builds.ShouldHaveSingleItem();
        (listed.Pinned, listed.Version).ShouldBe((true, pinned.Version));
        var free = await service.Client.Builds.PinBuildAsync(new PinBuildRequest { BuildId = id });
        free.Pinned.ShouldBeFalse();
        (await service.Client.Builds.ListBuildsAsync(request)).Builds.ShouldHaveSingleItem().Pinned.ShouldBeFalse();
    }

    private async Task<JsonElement> ConfigAsync(string image)
    {
        var config = await Command.CheckAsync(
            "skopeo", ["inspect", "--config", "--tls-verify=false", "--authfile", service.Surroundings.Registry.AuthFile, $"docker://{image}"], cancellationToken: RunningService.Deadline);
        return JsonDocument.Parse(config).RootElement;
    }

    /// <summary>That a builder runs is stored while it begins its work.</summary>
    private async Task UntilRunningAsync(string id)
    {
        using var watch = service.Client.Builds.WatchBuild(new WatchBuildRequest { BuildId = id });
        do
        {
            (await watch.ResponseStream.MoveNext(RunningService.Deadline)).ShouldBeTrue();
        }
        while (watch.ResponseStream.Current.Status < BuildStatus.Running);
    }

    private static async Task<string> FirstIdAsync(AsyncServerStreamingCall<BuildResponse> call)
    {
        (await call.ResponseStream.MoveNext(RunningService.Deadline)).ShouldBeTrue();
        return call.ResponseStream.Current.Info.BuildId;
    }

    private static async Task<List<T>> AllAsync<T>(AsyncServerStreamingCall<T> call)
    {
        var messages = new List<T>();
        await foreach (var message in call.ResponseStream.ReadAllAsync(RunningService.Deadline))
        {
            messages.Add(message);
        }

        return messages;
    }

    private static string Text(IEnumerable<ReadLogResponse> parts) => Encoding.UTF8.GetString([.. parts.SelectMany(part => part.Content)]);
}
