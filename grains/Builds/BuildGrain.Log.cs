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

    [LoggerMessage(4, LogLevel.Information, "Build {BuildId} is left to its next activation, because this one ends")]
    private static partial void LogLeftToNext(ILogger logger, Exception error, Guid buildId);

    [LoggerMessage(5, LogLevel.Error, "The builder of build {BuildId} could not be ended")]
    private static partial void LogCancelFailed(ILogger logger, Exception error, Guid buildId);

    [LoggerMessage(6, LogLevel.Warning, "What the builder of build {BuildId} left behind could not be removed")]
    private static partial void LogRemoveFailed(ILogger logger, Exception error, Guid buildId);

    [LoggerMessage(7, LogLevel.Warning, "The last lines of the log of build {BuildId} could not be read")]
    private static partial void LogTailUnreadable(ILogger logger, Exception error, Guid buildId);

    [LoggerMessage(9, LogLevel.Warning, "Build {BuildId} could not give back its place in the queue")]
    private static partial void LogLeaveFailed(ILogger logger, Exception error, Guid buildId);

    [LoggerMessage(10, LogLevel.Warning, "Build {BuildId} was not stored, and could not be taken off the list of builds")]
    private static partial void LogDropFailed(ILogger logger, Exception error, Guid buildId);
}
