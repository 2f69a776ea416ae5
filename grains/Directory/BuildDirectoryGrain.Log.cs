using Microsoft.Extensions.Logging;

namespace ImageBuilder.Grains.Directory;

internal sealed partial class BuildDirectoryGrain
{
    [LoggerMessage(1, LogLevel.Error, "Build {BuildId} could not be taken up; it is left as it is stored")]
    private static partial void LogTakeUpFailed(ILogger logger, Exception error, Guid buildId);

    [LoggerMessage(2, LogLevel.Error, "Build {BuildId} is past retention and could not be forgotten; this is tried again")]
    private static partial void LogForgetFailed(ILogger logger, Exception error, Guid buildId);
}
