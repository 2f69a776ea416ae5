using Google.Protobuf;
using Grpc.Core;
using ImageBuilder.Contracts.V1;
using ImageBuilder.Gateway.Tests.Hosting;

namespace ImageBuilder.Gateway.Tests.Services.Builds;

/// <summary>What is not allowed is refused with the field's name and what is.</summary>
public sealed class InvalidRequestTests
{
    private const string Id = "7c9e6679-7425-40de-944b-e07fc1f90ae7";

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
    public async Task Request_NotAllowed_NamesTheFieldAndWhatIs(string method, string json, string detail)
    {
        await using var gateway = await GatewayHost.StartAsync();
        json = json.Replace("LONG", new string('x', 10_000), StringComparison.Ordinal).Replace("ID", Id, StringComparison.Ordinal);
        Func<Task> call = method switch
        {
            "GetBuild" => async () => await gateway.Builds.GetBuildAsync(Parse<GetBuildRequest>(json)),
            "ListBuilds" => async () => await gateway.Builds.ListBuildsAsync(Parse<ListBuildsRequest>(json)),
            "WatchBuild" => () => GatewayHost.AllAsync(gateway.Builds.WatchBuild(Parse<WatchBuildRequest>(json))),
            "ReadLog" => () => GatewayHost.AllAsync(gateway.Builds.ReadLog(Parse<ReadLogRequest>(json))),
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

    private static T Parse<T>(string json)
        where T : IMessage, new() => JsonParser.Default.Parse<T>(json);
}
