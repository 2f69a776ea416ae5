using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using ImageBuilder.Contracts;
using ImageBuilder.Integration.Tests.Running;

namespace ImageBuilder.Integration.Tests.Clients;

[Collection(SharedService.Name)]
public sealed class ForeignClientTests(RunningService service)
{
    private string Address => new Uri(service.Service.Address).Authority;

    [ForeignClientFact]
    public Task BufByReflection_LiveAndFinishedBuild_AllFiveCallsAnswer() => CallAllAsync(ForeignClient.Buf);

    [ForeignClientFact]
    public Task NodeGrpcJs_LiveAndFinishedBuild_AllFiveCallsAnswer() => CallAllAsync(ForeignClient.Node);

    [ForeignClientFact]
    public Task BufByReflection_UnknownBuild_SeesNotFound() => CallUnknownAsync(ForeignClient.Buf, "not_found");

    [ForeignClientFact]
    public Task NodeGrpcJs_UnknownBuild_SeesNotFound() => CallUnknownAsync(ForeignClient.Node, "NOT_FOUND");

    [ForeignClientFact]
    public Task BufByReflection_OwnApi_FollowsAndReadsABuild() => CallOwnApiAsync(ForeignClient.Buf);

    [ForeignClientFact]
    public Task NodeGrpcJs_OwnApi_FollowsAndReadsABuild() => CallOwnApiAsync(ForeignClient.Node);

    private async Task CallOwnApiAsync(ForeignClient client)
    {
        var (last, log) = await service.BuildAsync(await service.CreateRequestAsync("FROM @BASE@\nRUN echo some''thing\n"));
        var id = last.Info.BuildId;
        var byId = $$"""{"buildId": "{{id}}"}""";

        var build = (await AllAsync(client, "imagebuilder.v1.Builds/GetBuild", $$"""{"workspaceRef": "{{last.Ref}}"}""")).ShouldHaveSingleItem();
        var listed = (await AllAsync(client, "imagebuilder.v1.Builds/ListBuilds", $$"""{"filter": {"ref": "{{last.Ref}}"} }""")).ShouldHaveSingleItem();
        var versions = await AllAsync(client, "imagebuilder.v1.Builds/WatchBuild", byId);
        var parts = await AllAsync(client, "imagebuilder.v1.Builds/ReadLog", byId);
        var cancelled = (await AllAsync(client, "imagebuilder.v1.Builds/CancelBuild", byId)).ShouldHaveSingleItem();
        var pinned = (await AllAsync(client, "imagebuilder.v1.Builds/PinBuild", $$"""{"buildId": "{{id}}", "pinned": true}""")).ShouldHaveSingleItem();
        await AllAsync(client, "imagebuilder.v1.Builds/PinBuild", byId);
        (await AllAsync(client, "imagebuilder.v1.Builds/GetQueue", "{}")).ShouldHaveSingleItem();

        build.GetProperty("buildId").GetString().ShouldBe(id);
        listed.GetProperty("builds").EnumerateArray().ShouldHaveSingleItem().GetProperty("buildId").GetString().ShouldBe(id);
        versions.Select(version => version.GetProperty("status").GetString()).ShouldBe(
            ["BUILD_STATUS_QUEUED", "BUILD_STATUS_LAUNCHING", "BUILD_STATUS_RUNNING", "BUILD_STATUS_VERIFYING", "BUILD_STATUS_SUCCEEDED"]);
        string.Concat(parts.Select(Content)).ShouldBe(log);
        parts[^1].GetProperty("end").GetBoolean().ShouldBeTrue();
        cancelled.GetProperty("status").GetString().ShouldBe("BUILD_STATUS_SUCCEEDED");
        pinned.GetProperty("pinned").GetBoolean().ShouldBeTrue();
        var refused = await Should.ThrowAsync<InvalidOperationException>(() => AllAsync(client, "imagebuilder.v1.Builds/GetBuild", """{"buildId": "no"}"""));
        refused.Message.ShouldContain("build_id: must be a UUID");
    }

    private async Task CallUnknownAsync(ForeignClient client, string code)
    {
        var refused = await Should.ThrowAsync<InvalidOperationException>(() => AllAsync(client, "Logs", """{"buildRef": "registry.example/none:1"}"""));

        refused.Message.ShouldContain(code);
        refused.Message.ShouldContain("build not found");
    }

    private async Task CallAllAsync(ForeignClient client)
    {
        var door = service.Gate.Add();
        var request = await service.CreateRequestAsync($"FROM @BASE@\nRUN echo be''fore && {door.Wait} && echo af''ter\n");
        var build = ToJson(request);
        var resolve = $$"""{"source": {{JsonNode.Parse(build)!["source"]!.ToJsonString()}}, "auth": {"total": {"allowAll": true} } }""";
        var resolveBase = $$"""{"ref": "{{service.Surroundings.BaseImage}}", "auth": {"total": {"allowAll": true} } }""";

        // Live.
        await using var building = client.CallAsync(Address, "builder.ImageBuilder/Build", build, RunningService.Deadline).GetAsyncEnumerator();
        (await building.MoveNextAsync()).ShouldBeTrue();
        var first = building.Current;
        var workspaceRef = first.GetProperty("ref").GetString()!;
        first.GetProperty("baseRef").GetString().ShouldNotBeNullOrEmpty();
        first.GetProperty("status").GetString().ShouldBe("running");
        await door.Arrived;
        var logs = $$"""{"buildRef": "{{workspaceRef}}"}""";
        await using var following = client.CallAsync(Address, "builder.ImageBuilder/Logs", logs, RunningService.Deadline).GetAsyncEnumerator();
        var log = new StringBuilder();
        while (!log.ToString().Contains("before", StringComparison.Ordinal) && await following.MoveNextAsync())
        {
            log.Append(Content(following.Current));
        }

        var listed = (await AllAsync(client, "ListBuilds", "{}")).ShouldHaveSingleItem();
        var unbuilt = (await AllAsync(client, "ResolveWorkspaceImage", resolve)).ShouldHaveSingleItem();
        var baseImage = (await AllAsync(client, "ResolveBaseImage", resolveBase)).ShouldHaveSingleItem();
        door.Open();
        var last = first;
        while (await building.MoveNextAsync())
        {
            last = building.Current;
        }

        while (await following.MoveNextAsync())
        {
            log.Append(Content(following.Current));
        }

        // Finished.
        var again = (await AllAsync(client, "Build", build)).ShouldHaveSingleItem();
        var whole = string.Concat((await AllAsync(client, "Logs", logs)).Select(Content));
        var none = (await AllAsync(client, "ListBuilds", "{}")).ShouldHaveSingleItem();
        var built = (await AllAsync(client, "ResolveWorkspaceImage", resolve)).ShouldHaveSingleItem();

        listed.GetProperty("builds").EnumerateArray().Select(one => one.GetProperty("ref").GetString()).ShouldBe([workspaceRef]);
        unbuilt.GetProperty("status").GetString().ShouldBe("unknown");
        unbuilt.GetProperty("ref").GetString().ShouldBe(workspaceRef);
        baseImage.GetProperty("ref").GetString()!.ShouldContain("@sha256:");
        last.GetProperty("status").GetString().ShouldBe("done_success");
        log.ToString().ShouldContain("after");
        again.GetProperty("status").GetString().ShouldBe("done_success");
        whole.ShouldBe(log.ToString());
        (none.TryGetProperty("builds", out var builds) ? builds.GetArrayLength() : 0).ShouldBe(0);
        built.GetProperty("status").GetString().ShouldBe("done_success");
    }

    private async Task<List<JsonElement>> AllAsync(ForeignClient client, string method, string request)
    {
        var responses = new List<JsonElement>();
        await foreach (var response in client.CallAsync(Address, method.Contains('/', StringComparison.Ordinal) ? method : $"builder.ImageBuilder/{method}", request, RunningService.Deadline))
        {
            responses.Add(response);
        }

        return responses;
    }

    private static string Content(JsonElement logs) => Encoding.UTF8.GetString(logs.GetProperty("content").GetBytesFromBase64());

    private static string ToJson(BuildRequest request)
    {
        var file = request.Source.File;
        return $$"""
            {
              "source": {"file": {
                "source": {"git": {"remoteUri": "{{file.Source.Git.RemoteUri}}", "targetMode": "REMOTE_HEAD"} },
                "dockerfilePath": "{{file.DockerfilePath}}",
                "dockerfileVersion": "{{file.DockerfileVersion}}"
              } },
              "auth": {"total": {"allowAll": true} },
              "triggeredBy": "someone"
            }
            """;
    }
}
