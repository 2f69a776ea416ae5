using System.Globalization;
using Grpc.Core;
using ImageBuilder.Builds;
using ImageBuilder.Builds.Lifecycle;

namespace ImageBuilder.Gateway.Requests;

/// <summary>What the headers of a Build call say beside its message (imagebuilder.v1, service Builds).</summary>
internal static class OrderHeaders
{
    /// <summary>Says whether somebody waits: <c>interactive</c> or <c>background</c>.</summary>
    public const string Priority = "imagebuilder-priority";

    /// <summary>Says how long the build may take, in seconds.</summary>
    public const string Deadline = "imagebuilder-deadline";

    /// <summary>Reads both.</summary>
    /// <exception cref="RpcException">InvalidArgument: one of them makes no sense.</exception>
    public static (BuildPriority Priority, TimeSpan? Deadline) Read(Metadata headers) =>
        (ReadPriority(headers.GetValue(Priority)), ReadDeadline(headers.GetValue(Deadline)));

    private static BuildPriority ReadPriority(string? text) => text switch
    {
        null or "interactive" => BuildPriority.Interactive,
        "background" => BuildPriority.Background,
        _ => throw Refuse($"header {Priority}: must be \"interactive\" or \"background\""),
    };

    // What is more than the installation allows is cut to that, so it need not be known here.
    private static TimeSpan? ReadDeadline(string? text) =>
        text is null ? null
        : decimal.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var seconds)
            && seconds >= (decimal)DeadlinePolicy.Shortest.TotalSeconds && seconds <= (decimal)TimeSpan.MaxValue.TotalSeconds - 1
            ? TimeSpan.FromSeconds((double)seconds)
            : throw Refuse($"header {Deadline}: must be a number of seconds, {DeadlinePolicy.Shortest.TotalSeconds} or more");

    private static RpcException Refuse(string why) => new(new Status(StatusCode.InvalidArgument, why));
}
