using ImageBuilder.Grains.Messages;
using Microsoft.Extensions.Logging;

namespace ImageBuilder.Grains.References;

internal sealed partial class ReferencePrecaching
{
    [LoggerMessage(1, LogLevel.Warning, "refCache: {Reference} was not resolved ({Outcome}): {Reason}; tried again in {Pause}")]
    private static partial void LogNotResolved(ILogger logger, string reference, ResolveOutcome outcome, string reason, TimeSpan pause);
}
