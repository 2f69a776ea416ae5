using Microsoft.Extensions.Logging;

namespace ImageBuilder.Grains.References;

internal sealed partial class ReferenceGrain
{
    [LoggerMessage(1, LogLevel.Error, "Resolving {Reference} failed in a way that was not foreseen")]
    private static partial void LogFailed(ILogger logger, Exception error, string reference);
}
