using ImageBuilder.Builds.Lifecycle;
using Microsoft.Extensions.Logging;

namespace ImageBuilder.Grains.Builds;

internal sealed partial class BuildGrain
{
    [LoggerMessage(1, LogLevel.Information, "Build {BuildId} ended: {Status} {Reason}")]
    private static partial void LogEnded(ILogger logger, Guid buildId, BuildStatus status, FailureReason? reason);

    [LoggerMessage(2, LogLevel.Warning, "Build {BuildId} could not be launched")]
    private static partial void LogLaunchFailed(ILogger logger, Exception error, Guid buildId);

    [LoggerMessage(3, LogLevel.Error, "Build {BuildId} could not be carried on")]
    private static partial void LogDriveFailed(ILogger logger, Exception error, Guid buildId);
}
