using Microsoft.Extensions.Logging;

namespace ImageBuilder.Launchers.Process;

public sealed partial class ProcessLauncher
{
    [LoggerMessage(1, LogLevel.Warning, "No proxy could be started ahead of the next build, which starts its own")]
    private static partial void LogNoSpare(ILogger logger, Exception error);
}
