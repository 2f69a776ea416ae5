using Microsoft.Extensions.Logging;

namespace ImageBuilder.Grains.Directory;

internal sealed partial class BuildDirectoryGrain
{
    [LoggerMessage(1, LogLevel.Error, "Build {BuildId} could not be taken up; it is left as it is stored")]
    private static partial void LogTakeUpFailed(ILogger logger, Exception error, Guid buildId);
}
