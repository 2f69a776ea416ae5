using Microsoft.Extensions.Logging;

namespace ImageBuilder.Grains;

public sealed partial class UnfinishedBuilds
{
    [LoggerMessage(1, LogLevel.Critical, "The state of the queue cannot be read; it starts anew, and what was stored is kept as {Kept}")]
    private static partial void LogQueueUnreadable(ILogger logger, Exception error, string? kept);

    [LoggerMessage(2, LogLevel.Critical, "The state of shard {Shard} of the directory cannot be read; its builds are looked for in what else is stored, and what was stored of it is kept as {Kept}")]
    private static partial void LogShardUnreadable(ILogger logger, Exception error, long shard, string? kept);
}
