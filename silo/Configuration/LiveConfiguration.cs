using Microsoft.Extensions.Logging;

namespace ImageBuilder.Silo.Configuration;

/// <summary>The configuration of a running service, and its file, which may change while it runs.</summary>
/// <param name="path">The file.</param>
/// <param name="started">What it said when the service started.</param>
internal sealed partial class LiveConfiguration(string path, ServiceConfiguration started)
{
    private byte[]? _seen;

    /// <summary>Raised after <see cref="Current"/> has changed.</summary>
    public event Action? Changed;

    /// <summary>What the service started with; all keys but those that can change while it runs are taken from here.</summary>
    public ServiceConfiguration Started { get; } = started;

    /// <summary>What the file says now; what it said last while it is not to be used.</summary>
    public ServiceConfiguration Current { get; private set; } = started;

    /// <summary>Reads the file again if it has changed since the last look; a file with a mistake changes nothing and is logged.</summary>
    public void Look(ILogger logger)
    {
        byte[] bytes;
        try
        {
            bytes = File.ReadAllBytes(path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // It may be on its way to being replaced.
            LogUnreadable(logger, error.Message);
            return;
        }

        var first = _seen is null;
        if (!first && bytes.AsSpan().SequenceEqual(_seen))
        {
            return;
        }

        _seen = bytes;
        var result = ConfigurationFile.Load(path);
        if (!result.Succeeded)
        {
            LogRefused(logger, result.Error.ToString());
            return;
        }

        if (result.Configuration.Queue != Current.Queue)
        {
            LogApplied(logger, result.Configuration.Queue);
            Current = result.Configuration;
            Changed?.Invoke();
        }
        else if (!first)
        {
            LogNeedsRestart(logger);
        }
    }

    [LoggerMessage(1, LogLevel.Warning, "The configuration file cannot be read at the moment, so what it said before stays in use: {Problem}")]
    private static partial void LogUnreadable(ILogger logger, string problem);

    [LoggerMessage(2, LogLevel.Error, "The configuration file was changed and has a mistake, so what it said before stays in use: {Mistake}")]
    private static partial void LogRefused(ILogger logger, string mistake);

    [LoggerMessage(3, LogLevel.Information, "The queue's limits are now {Queue}")]
    private static partial void LogApplied(ILogger logger, QueueConfiguration queue);

    [LoggerMessage(4, LogLevel.Information, "The configuration file was changed; keys other than those of queue apply when the service starts again")]
    private static partial void LogNeedsRestart(ILogger logger);
}
