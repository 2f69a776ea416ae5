using Microsoft.Extensions.Logging;

namespace ImageBuilder.Launchers.Process;

public sealed partial class ProcessLauncher
{
    [LoggerMessage(1, LogLevel.Warning, "No proxy could be started ahead of the next build, which starts its own")]
    private static partial void LogNoSpare(ILogger logger, Exception error);

    [LoggerMessage(2, LogLevel.Warning, "A build runs without limits of memory, processors and processes, since this service may not use the kernel's control groups")]
    private static partial void LogNoLimits(ILogger logger, Exception error);

    [LoggerMessage(3, LogLevel.Warning, "Control groups of an earlier service could not be removed")]
    private static partial void LogNotSwept(ILogger logger, Exception error);

    [LoggerMessage(4, LogLevel.Error, "Builds cannot run, for process.network takes programs that are not on this machine: {Programs}; install them, or set it to host")]
    private static partial void LogProgramsMissing(ILogger logger, string programs);

    [LoggerMessage(5, LogLevel.Warning, "The folder of a builder that could not be started is left behind")]
    private static partial void LogNotRemoved(ILogger logger, Exception error);
}
