using Microsoft.Extensions.Logging;

namespace Orleans.Runtime;

internal sealed partial class SiloRuntime
{
    [LoggerMessage(LogLevel.Debug, "The silo ends {Count} activations")]
    private partial void LogClosing(int count);

    [LoggerMessage(LogLevel.Warning, "{Count} activations had not ended when the time to stop was over; their OnDeactivateAsync may not have run")]
    private partial void LogNotAllEnded(int count);

    [LoggerMessage(LogLevel.Warning, "One-way call {Call} failed; its caller does not learn of it")]
    internal partial void LogOneWayFailed(Exception error, Request call);

    [LoggerMessage(LogLevel.Warning, "A timer's tick of grain {GrainId} failed; the timer goes on")]
    internal partial void LogTickFailed(Exception error, GrainId grainId);
}
