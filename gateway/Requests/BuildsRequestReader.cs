using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using ImageBuilder.Builds;
using ImageBuilder.Contracts.V1;
using ImageBuilder.Gateway.Services;
using ImageBuilder.Grains.Messages;
using ImageBuilder.Registry.Names;

namespace ImageBuilder.Gateway.Requests;

/// <summary>Reads requests of the service's own API. Everything is bounded; what is not allowed is refused with the field and what is allowed.</summary>
internal static class BuildsRequestReader
{
    private const int MaxRefLength = 1024;
    private const int MaxOwnerLength = 8 * 1024;
    private const int MaxConditions = 100;
    private const int MaxByLength = 256;
    private const int DefaultPageSize = 50;
    private const int MaxPageSize = 1000;

    // The years 1 to 9999 of google.protobuf.Timestamp.
    private const long MinSeconds = -62_135_596_800;
    private const long MaxSeconds = 253_402_300_799;

    /// <exception cref="RpcException">InvalidArgument.</exception>
    public static Guid BuildId(string text) => Guid.TryParseExact(text, "D", out var id)
        ? id
        : throw Invalid("build_id", "must be a UUID such as 7c9e6679-7425-40de-944b-e07fc1f90ae7");

    /// <exception cref="RpcException">InvalidArgument.</exception>
    public static string WorkspaceRef(string text) => text.Length is > 0 and <= MaxRefLength
        ? text
        : throw Invalid("workspace_ref", $"must have 1 to {MaxRefLength} characters");

    /// <exception cref="RpcException">InvalidArgument.</exception>
    public static long NotNegative(string field, long value) => value >= 0 ? value : throw Invalid(field, "must be 0 or more");

    /// <exception cref="RpcException">InvalidArgument.</exception>
    public static string By(string text) => text.Length <= MaxByLength && !text.Any(char.IsControl)
        ? text
        : throw Invalid("by", $"must have at most {MaxByLength} characters, and no control characters");

    /// <exception cref="RpcException">InvalidArgument.</exception>
    public static DirectoryQuery Query(ListBuildsRequest request)
    {
        var filter = request.Filter ?? new Filter();
        Require(filter.Ref.Length <= MaxRefLength, "filter.ref", $"must have at most {MaxRefLength} characters");
        Require(filter.Owner.Length <= MaxOwnerLength, "filter.owner", $"must have at most {MaxOwnerLength} characters");
        Require(
            filter.Statuses.Count <= MaxConditions && filter.Statuses.All(status => status != BuildStatus.Unspecified && System.Enum.IsDefined(status)),
            "filter.statuses",
            $"must be at most {MaxConditions} of the values of BuildStatus but BUILD_STATUS_UNSPECIFIED");
        Require(
            filter.Reasons.Count <= MaxConditions && filter.Reasons.All(reason => reason != FailureReason.Unspecified && System.Enum.IsDefined(reason)),
            "filter.reasons",
            $"must be at most {MaxConditions} of the values of FailureReason but FAILURE_REASON_UNSPECIFIED");
        Require(request.PageSize is >= 0 and <= MaxPageSize, "page_size", $"must be 0 (for {DefaultPageSize}) to {MaxPageSize}");
        var before = request.PageToken.Length == 0
            ? (DirectoryPosition?)null
            : PageToken.Read(request.PageToken, request.Filter) ?? throw Invalid("page_token", "must be the next_page_token of a page with the same filter");
        return new DirectoryQuery(
            filter.Ref,
            filter.Owner,
            [.. filter.Statuses.Distinct().Select(BuildMessages.ToDomain)],
            [.. filter.Reasons.Distinct().Select(BuildMessages.ToDomain)],
            Time("filter.created_from", filter.CreatedFrom),
            Time("filter.created_before", filter.CreatedBefore),
            before,
            request.PageSize == 0 ? DefaultPageSize : request.PageSize);
    }

    /// <exception cref="RpcException">InvalidArgument.</exception>
    public static Order Order(StartBuildRequest request)
    {
        var extras = ExtrasReader.Read(request.Extras);
        var source = request.Source is { Ref: not null } or { File.Source.Git: not null }
            ? request.Source
            : throw Invalid("source", "must be ref, an image, or file, a Dockerfile whose source is git");
        Require(source.File is not null || ImageReference.TryParse(source.Ref.Ref, out _), "source.ref", "must be an image reference such as docker.io/library/debian:12");
        Require(source.File is not null || extras.IsNone, "extras", "must be empty when source is an image; they are what a Dockerfile is built with");
        Require(request.Owner.Length <= MaxOwnerLength, "owner", $"must have at most {MaxOwnerLength} characters");
        Require(System.Enum.IsDefined(request.Priority), "priority", "must be one of the values of Priority");
        return new Order
        {
            Source = source,
            Auth = request.Auth,
            Force = request.Force,
            Owner = request.Owner,
            Patient = true,
            Priority = request.Priority == Priority.Background ? BuildPriority.Background : BuildPriority.Interactive,
            Deadline = Deadline(request.Deadline),
            NoCache = request.NoCache,
            Extras = extras,
        };
    }

    /// <summary>The refusal of a field, which says what is allowed.</summary>
    public static RpcException Invalid(string field, string allowed) => new(new Status(StatusCode.InvalidArgument, $"{field}: {allowed}"));

    private static TimeSpan? Deadline(Duration? deadline)
    {
        Require(
            deadline is null or { Seconds: >= 1 and <= Duration.MaxSeconds, Nanos: >= 0 and <= 999_999_999 },
            "deadline",
            "must be 1 s or more");
        return deadline?.ToTimeSpan();
    }

    private static DateTimeOffset? Time(string field, Timestamp? time)
    {
        Require(
            time is null or { Seconds: >= MinSeconds and <= MaxSeconds, Nanos: >= 0 and <= 999_999_999 },
            field,
            "must be a time of the years 1 to 9999");
        return time?.ToDateTimeOffset();
    }

    private static void Require(bool isSo, string field, string allowed)
    {
        if (!isSo)
        {
            throw Invalid(field, allowed);
        }
    }
}
