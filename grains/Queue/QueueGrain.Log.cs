using Microsoft.Extensions.Logging;

namespace ImageBuilder.Grains.Queue;

internal sealed partial class QueueGrain
{
    [LoggerMessage(1, LogLevel.Warning, "Queue {Queue} could not store which builds hold a place")]
    private static partial void LogStoreFailed(ILogger logger, Exception error, string queue);

    [LoggerMessage(2, LogLevel.Information, "Build {BuildId} had ended and still held a place in the queue")]
    private static partial void LogLeftBehind(ILogger logger, Guid buildId);

    [LoggerMessage(3, LogLevel.Warning, "Cannot see whether build {BuildId}, which holds a place in the queue, still runs")]
    private static partial void LogCheckFailed(ILogger logger, Exception error, Guid buildId);
}
