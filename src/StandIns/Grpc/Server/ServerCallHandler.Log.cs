using Grpc.Core;
using Microsoft.Extensions.Logging;

namespace Grpc.AspNetCore.Server;

internal sealed partial class ServerCallHandler
{
    [LoggerMessage(Level = LogLevel.Information, Message = "{Method} ended with {StatusCode}: {Detail}")]
    private static partial void LogStatus(ILogger logger, string method, StatusCode statusCode, string detail, Exception? cause);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Method} was cancelled.")]
    private static partial void LogCancelled(ILogger logger, string method, Exception failure);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Method} threw.")]
    private static partial void LogThrew(ILogger logger, string method, Exception failure);
}
