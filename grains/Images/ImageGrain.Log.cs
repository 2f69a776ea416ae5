using Microsoft.Extensions.Logging;

namespace ImageBuilder.Grains.Images;

internal sealed partial class ImageGrain
{
    [LoggerMessage(1, LogLevel.Error, "What is stored of build {BuildId}, the last of image {Image}, cannot be read; the image is built anew for who orders it")]
    private static partial void LogLatestUnreadable(ILogger logger, Exception error, Guid buildId, string image);
}
