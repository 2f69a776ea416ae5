using Microsoft.Extensions.Logging;

namespace Orleans.Runtime;

internal sealed partial class Activation
{
    [LoggerMessage(LogLevel.Error, "Grain {GrainId} could not be activated; the calls that waited for it fail with this error")]
    private partial void LogActivationFailed(Exception error, GrainId grainId);

    [LoggerMessage(LogLevel.Error, "Grain {GrainId} failed while its activation ended; the activation has ended all the same")]
    private partial void LogDeactivationFailed(Exception error, GrainId grainId);

    [LoggerMessage(LogLevel.Warning, "Grain {GrainId} found another version of its state in the storage; its activation ends and the next call reads the state anew")]
    private partial void LogInconsistentState(Exception error, GrainId grainId);

    [LoggerMessage(LogLevel.Error, "The MayInterleave predicate of grain {GrainId} failed; the call fails with this error")]
    private partial void LogPredicateFailed(Exception error, GrainId grainId);
}
