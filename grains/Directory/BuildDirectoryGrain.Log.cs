using Microsoft.Extensions.Logging;

namespace ImageBuilder.Grains.Directory;

internal sealed partial class BuildDirectoryGrain
{
    [LoggerMessage(1, LogLevel.Error, "Build {BuildId} could not be taken up; it is left as it is stored")]
    private static partial void LogTakeUpFailed(ILogger logger, Exception error, Guid buildId);

    [LoggerMessage(2, LogLevel.Error, "Build {BuildId} is past retention and could not be forgotten; this is tried again")]
    private static partial void LogForgetFailed(ILogger logger, Exception error, Guid buildId);

    [LoggerMessage(3, LogLevel.Error, "What shard {Shard} of the directory does beside the calls failed; it is tried again")]
    private static partial void LogTendFailed(ILogger logger, Exception error, long shard);

    [LoggerMessage(4, LogLevel.Error, "Page {Page} of the history of shard {Shard} cannot be read; until it can, its builds are missing in lists, and retention waits for it")]
    private static partial void LogPageUnreadable(ILogger logger, Exception error, long page, long shard);

    [LoggerMessage(5, LogLevel.Error, "The log of build {BuildId} is to make room for newer ones and could not be removed; this is tried again")]
    private static partial void LogDropFailed(ILogger logger, Exception error, Guid buildId);

    [LoggerMessage(6, LogLevel.Error, "The state of build {BuildId} cannot be read; the build has ended, and what was stored is kept as {Kept}")]
    private static partial void LogBuildUnreadable(ILogger logger, Exception error, Guid buildId, string? kept);

    [LoggerMessage(7, LogLevel.Error, "Build {BuildId} is stored and cannot be read, so it is not listed any more; it is left as it is")]
    private static partial void LogNotFoundAgain(ILogger logger, Exception error, Guid buildId);

    [LoggerMessage(8, LogLevel.Error, "Shard {Shard} of the directory could be neither stored nor read; the next change tries again")]
    private static partial void LogStoreUnreadable(ILogger logger, Exception error, long shard);

    [LoggerMessage(9, LogLevel.Warning, "Page {Page} of the history of shard {Shard} was made anew from the builds themselves: {Found} of at most {Room} were found; what was stored of it is kept as {Kept}")]
    private static partial void LogPageRestored(ILogger logger, long page, long shard, int found, long room, string? kept);
}
