using Microsoft.Extensions.Logging;

namespace Grpc.AspNetCore.Server;

internal sealed partial class CallDeadline
{
    [LoggerMessage(Level = LogLevel.Debug, Message = "The response of a call past its deadline could not be ended; its stream is reset.")]
    private static partial void LogEndFailed(ILogger logger, Exception failure);
}
