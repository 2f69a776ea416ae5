using System.Text;
using Grpc.Core;
using ImageBuilder.Contracts;
using ImageBuilder.Integration.Tests.Running;

namespace ImageBuilder.Integration.Tests.Logs;

[Collection(SharedService.Name)]
public sealed class LogsTests(RunningService service)
{
    [ServiceFact]
    public async Task Logs_RunningBuild_ArriveWhileItRunsAndEndWithIt()
    {
        var door = service.Gate.Add();
        var request = await service.CreateRequestAsync($"FROM @BASE@\nRUN echo be''fore && {door.Wait} && echo af''ter\n");
        using var build = service.Client.Rpc.Build(request, cancellationToken: RunningService.Deadline);
        await build.ResponseStream.MoveNext();
        var workspaceRef = build.ResponseStream.Current.Ref;

        using var logs = service.Client.Rpc.Logs(new LogsRequest { BuildRef = workspaceRef }, cancellationToken: RunningService.Deadline);
        var soFar = new StringBuilder();
        while (!soFar.ToString().Contains("before", StringComparison.Ordinal) && await logs.ResponseStream.MoveNext())
        {
            soFar.Append(logs.ResponseStream.Current.Content.ToStringUtf8());
        }

        var early = soFar.ToString();
        door.Open();
        while (await logs.ResponseStream.MoveNext())
        {
            soFar.Append(logs.ResponseStream.Current.Content.ToStringUtf8());
        }

        early.ShouldContain("before");
        early.ShouldNotContain("after");
        soFar.ToString().ShouldContain("after");
        soFar.ToString().ShouldBe(await service.ReadLogAsync(workspaceRef));
    }

    [ServiceFact]
    public async Task Logs_LateFollower_GetsEverythingFromTheFirstByte()
    {
        var door = service.Gate.Add();
        var request = await service.CreateRequestAsync($"FROM @BASE@\nRUN echo be''fore && {door.Wait}\n");
        var first = service.BuildAsync(request);
        await door.Arrived;

        var running = (await service.Client.Rpc.ListBuildsAsync(new ListBuildsRequest())).Builds.ShouldHaveSingleItem();
        using var byId = service.Client.Rpc.Logs(new LogsRequest { BuildId = running.BuildId }, cancellationToken: RunningService.Deadline);
        var late = new StringBuilder();
        door.Open();
        await foreach (var part in byId.ResponseStream.ReadAllAsync())
        {
            late.Append(part.Content.ToStringUtf8());
        }

        late.ToString().ShouldBe((await first).Log);
        late.ToString().ShouldContain("before");
    }

    [ServiceFact]
    public async Task Logs_AnyBuild_HideTheImageNames()
    {
        var (last, log) = await service.BuildAsync(await service.CreateRequestAsync("FROM @BASE@\nRUN echo something\n"));

        last.Status.ShouldBe(BuildStatus.DoneSuccess, last.Message);
        foreach (var reference in new[] { last.Ref, last.BaseRef })
        {
            log.ShouldNotContain(reference);
            log.ShouldNotContain(reference[(reference.LastIndexOf(':') + 1)..]);
        }
    }

    [ServiceFact]
    public async Task Logs_UnknownBuild_AreNotFound()
    {
        var missing = await Should.ThrowAsync<RpcException>(() => service.ReadLogAsync("registry.example/workspace:nothing"));

        missing.StatusCode.ShouldBe(StatusCode.NotFound);
        missing.Status.Detail.ShouldBe("build not found");
    }
}
