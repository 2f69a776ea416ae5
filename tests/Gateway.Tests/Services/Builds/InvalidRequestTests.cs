using Google.Protobuf;
using Grpc.Core;
using ImageBuilder.Contracts.V1;
using ImageBuilder.Gateway.Tests.Hosting;

namespace ImageBuilder.Gateway.Tests.Services.Builds;

/// <summary>What is not allowed is refused with the field's name and what is.</summary>
public sealed class InvalidRequestTests
{
    private const string Id = "7c9e6679-7425-40de-944b-e07fc1f90ae7";
    private const string Source = "\"source\": {\"file\": {\"source\": {\"git\": {\"remoteUri\": \"https://git.test/a.git\"}}}}";

    [Theory]
    [InlineData("GetBuild", "{}", "build: build_id or workspace_ref must be given")]
    [InlineData("GetBuild", """{"buildId": ""}""", "build_id: must be a UUID such as 7c9e6679-7425-40de-944b-e07fc1f90ae7")]
    [InlineData("GetBuild", """{"buildId": "{7c9e6679-7425-40de-944b-e07fc1f90ae7}"}""", "build_id: must be a UUID")]
    [InlineData("GetBuild", """{"workspaceRef": ""}""", "workspace_ref: must have 1 to 1024 characters")]
    [InlineData("GetBuild", """{"workspaceRef": "LONG"}""", "workspace_ref: must have 1 to 1024 characters")]
    [InlineData("ListBuilds", """{"pageSize": -1}""", "page_size: must be 0 (for 50) to 1000")]
    [InlineData("ListBuilds", """{"pageSize": 1001}""", "page_size: must be 0 (for 50) to 1000")]
    [InlineData("ListBuilds", """{"pageToken": "x"}""", "page_token: must be the next_page_token of a page with the same filter")]
    [InlineData("ListBuilds", """{"pageToken": "LONG"}""", "page_token: must be the next_page_token of a page with the same filter")]
    [InlineData("ListBuilds", """{"filter": {"ref": "LONG"}}""", "filter.ref: must have at most 1024 characters")]
    [InlineData("ListBuilds", """{"filter": {"owner": "LONG"}}""", "filter.owner: must have at most 8192 characters")]
    [InlineData("ListBuilds", """{"filter": {"statuses": [0]}}""", "filter.statuses: must be at most 100 of the values of BuildStatus but BUILD_STATUS_UNSPECIFIED")]
    [InlineData("ListBuilds", """{"filter": {"statuses": [2, 77]}}""", "filter.statuses: must be")]
    [InlineData("ListBuilds", """{"filter": {"reasons": [0]}}""", "filter.reasons: must be at most 100 of the values of FailureReason but FAILURE_REASON_UNSPECIFIED")]
    [InlineData("WatchBuild", """{"buildId": "no"}""", "build_id: must be a UUID")]
    [InlineData("WatchBuild", """{"buildId": "ID", "afterVersion": -1}""", "after_version: must be 0 or more")]
    [InlineData("ReadLog", """{"buildId": "no"}""", "build_id: must be a UUID")]
    [InlineData("ReadLog", """{"buildId": "ID", "offset": -1}""", "offset: must be 0 or more")]
    [InlineData("CancelBuild", """{"buildId": "no"}""", "build_id: must be a UUID")]
    [InlineData("CancelBuild", """{"buildId": "ID", "by": "LONG"}""", "by: must have at most 256 characters, and no control characters")]
    [InlineData("CancelBuild", """{"buildId": "ID", "by": "a\nb"}""", "by: must have at most 256 characters, and no control characters")]
    [InlineData("PinBuild", """{"buildId": "no"}""", "build_id: must be a UUID")]
    [InlineData("StartBuild", "{}", "source: must be ref, an image, or file, a Dockerfile whose source is git")]
    [InlineData("StartBuild", """{"source": {}}""", "source: must be ref")]
    [InlineData("StartBuild", """{"source": {"file": {"source": {"empty": {}}}}}""", "source: must be ref")]
    [InlineData("StartBuild", """{"source": {"ref": {"ref": "No Image"}}}""", "source.ref: must be an image reference")]
    [InlineData("StartBuild", """{"source": {"ref": {"ref": "a"}}, "extras": {"platform": "linux/arm64"}}""", "extras: must be empty when source is an image")]
    [InlineData("StartBuild", """{SOURCE, "owner": "LONG"}""", "owner: must have at most 8192 characters")]
    [InlineData("StartBuild", """{SOURCE, "priority": 77}""", "priority: must be one of the values of Priority")]
    [InlineData("StartBuild", """{SOURCE, "deadline": "0.999s"}""", "deadline: must be 1 s or more")]
    [InlineData("StartBuild", """{SOURCE, "deadline": "-5s"}""", "deadline: must be 1 s or more")]
    [InlineData("StartBuild", """{SOURCE, "auth": {"additional": {"LONG": ""}}}""", "auth.additional: at most 1000 hosts")]
    [InlineData("StartBuild", """{SOURCE, "extras": {"buildArgs": {"A B": ""}}}""", "extras.build_args: names must have letters, digits")]
    [InlineData("StartBuild", """{SOURCE, "extras": {"buildArgs": {"BUILDKIT_SYNTAX": ""}}}""", "extras.build_args: names must have letters, digits")]
    [InlineData("StartBuild", """{SOURCE, "extras": {"buildArgs": {"A": "a\u0000b"}}}""", "extras.build_args: values must have no control characters but tab and line ends")]
    [InlineData("StartBuild", """{SOURCE, "extras": {"buildArgs": {"A": "LONG", "B": "LONG"}}}""", "extras.build_args: must be at most 128 whose names and values take at most 16384 bytes")]
    [InlineData("StartBuild", """{SOURCE, "extras": {"labels": {"a=b": ""}}}""", "extras.labels: names must have up to 256 characters, no blanks and no")]
    [InlineData("StartBuild", """{SOURCE, "extras": {"labels": {"a": "LONG", "b": "LONG"}}}""", "extras.labels: must be at most 128")]
    [InlineData("StartBuild", """{SOURCE, "extras": {"targetStage": "--no-cache"}}""", "extras.target_stage: must be the name or number of a stage")]
    [InlineData("StartBuild", """{SOURCE, "extras": {"platform": "amd64"}}""", "extras.platform: must have the form linux/amd64 or linux/arm/v7")]
    public async Task Request_NotAllowed_NamesTheFieldAndWhatIs(string method, string json, string detail)
    {
        await using var gateway = await GatewayHost.StartAsync();
        json = json.Replace("LONG", new string('x', 10_000), StringComparison.Ordinal).Replace("SOURCE", Source, StringComparison.Ordinal);
        json = json.Replace("\"ID\"", $"\"{Id}\"", StringComparison.Ordinal);
        Func<Task> call = method switch
        {
            "GetBuild" => async () => await gateway.Builds.GetBuildAsync(Parse<GetBuildRequest>(json)),
            "ListBuilds" => async () => await gateway.Builds.ListBuildsAsync(Parse<ListBuildsRequest>(json)),
            "WatchBuild" => () => GatewayHost.AllAsync(gateway.Builds.WatchBuild(Parse<WatchBuildRequest>(json))),
            "ReadLog" => () => GatewayHost.AllAsync(gateway.Builds.ReadLog(Parse<ReadLogRequest>(json))),
            "StartBuild" => async () => await gateway.Builds.StartBuildAsync(Parse<StartBuildRequest>(json)),
            "CancelBuild" => async () => await gateway.Builds.CancelBuildAsync(Parse<CancelBuildRequest>(json)),
            _ => async () => await gateway.Builds.PinBuildAsync(Parse<PinBuildRequest>(json)),
        };

        var status = await GatewayHost.FailureOf(call);

        status.StatusCode.ShouldBe(StatusCode.InvalidArgument);
        status.Detail.ShouldStartWith(detail);
    }

    [Fact]
    public async Task ListBuilds_TimeThatIsNone_Refused()
    {
        await using var gateway = await GatewayHost.StartAsync();
        var request = new ListBuildsRequest { Filter = new Filter { CreatedFrom = new() { Seconds = long.MaxValue } } };

        var status = await GatewayHost.FailureOf(async () => await gateway.Builds.ListBuildsAsync(request));

        (status.StatusCode, status.Detail).ShouldBe((StatusCode.InvalidArgument, "filter.created_from: must be a time of the years 1 to 9999"));
    }

    [Fact]
    public async Task StartBuild_TooManyArguments_Refused()
    {
        await using var gateway = await GatewayHost.StartAsync();
        var request = new StartBuildRequest { Source = GatewayHost.File(), Extras = new Extras() };
        request.Extras.BuildArgs.Add(Enumerable.Range(0, 129).ToDictionary(index => $"A{index}", _ => string.Empty));

        var status = await GatewayHost.FailureOf(async () => await gateway.Builds.StartBuildAsync(request));

        status.StatusCode.ShouldBe(StatusCode.InvalidArgument);
        status.Detail.ShouldStartWith("extras.build_args: must be at most 128");
    }

    private static T Parse<T>(string json)
        where T : IMessage, new() => JsonParser.Default.Parse<T>(json);
}
