using Microsoft.Extensions.Logging;

namespace ImageBuilder.Silo.Hosting;

/// <summary>What is logged of the installation's credentials: never a value.</summary>
internal static partial class CredentialLog
{
    [LoggerMessage(1, LogLevel.Error, "The docker config file was changed and cannot be read; the credentials read before stay in use")]
    public static partial void ReloadFailed(ILogger logger, Exception error);
}
