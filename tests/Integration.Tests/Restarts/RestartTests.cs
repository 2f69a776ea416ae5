using ImageBuilder.Contracts;
using ImageBuilder.Integration.Tests.Running;
using ImageBuilder.Sandbox.Images;

namespace ImageBuilder.Integration.Tests.Restarts;

/// <summary>What lasts when the service does not; each test has a service of its own.</summary>
public sealed class RestartTests(RunningService service) : IClassFixture<RunningService>
{
    [ProcessFact]
    public async Task Build_ServiceKilledMeanwhile_IsFoundAgainAndEnds()
    {
        var door = service.Gate.Add();
        var request = await service.CreateRequestAsync($"FROM @BASE@\nRUN echo be''fore && {door.Wait} && echo af''ter\n");
        var lost = service.BuildAsync(request);
        await door.Arrived;
        var before = (await service.Client.Rpc.ListBuildsAsync(new ListBuildsRequest())).Builds.ShouldHaveSingleItem();

        await service.Service.Process.Process.KillAsync();
        await lost.ShouldThrowAsync<Exception>();
        await service.StartServiceAsync();
        var after = (await service.Client.Rpc.ListBuildsAsync(new ListBuildsRequest())).Builds.ShouldHaveSingleItem();
        using var joinedLog = new AwaitedLog("before");
        var joined = service.Client.BuildAsync(request, joinedLog, RunningService.Deadline);
        await await Task.WhenAny(joinedLog.Arrived, joined);
        door.Open();
        var (last, log) = ((await joined)[^1], joinedLog.ToString());

        after.BuildId.ShouldBe(before.BuildId);
        after.Ref.ShouldBe(before.Ref);
        last.Status.ShouldBe(BuildStatus.DoneSuccess, last.Message);
        log.ShouldContain("before");
        log.ShouldContain("after");
        (await PushedImage.PullAsync(service.Surroundings.Registry, last.Ref)).ShouldNotBeNull();
        (await service.ReadLogAsync(last.Ref)).ShouldBe(log);
    }

    [ProcessFact]
    public async Task Logs_ServiceRestartedAfterTheBuild_AreStillThere()
    {
        var (last, log) = await service.BuildAsync(await service.CreateRequestAsync("FROM @BASE@\nRUN echo kept\n"));

        await service.Service.Process.Process.StopAsync(TimeSpan.FromSeconds(20));
        await service.StartServiceAsync();

        last.Status.ShouldBe(BuildStatus.DoneSuccess, last.Message);
        (await service.ReadLogAsync(last.Ref)).ShouldBe(log);
    }
}
