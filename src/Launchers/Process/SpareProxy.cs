using Microsoft.Extensions.Logging;

namespace ImageBuilder.Launchers.Process;

/// <summary>
/// A proxy that was started ahead of its build and waits for it. Until then it has no credential and serves nothing; it ends when this service does,
/// because its standard input ends then.
/// </summary>
internal sealed partial class SpareProxy(AttemptFolder folder, BuilderProcess process, ILogger logger) : IDisposable
{
    /// <summary>Begins the names of the folders of spares, which no attempt's name does.</summary>
    public const string FolderPrefix = "spare.";

    /// <summary>Whether it listens and waits.</summary>
    public bool IsReady => process.IsRunning && File.Exists(folder.ProxyAddress);

    /// <summary>Makes it the proxy of the attempt in <paramref name="attempt"/>.</summary>
    /// <param name="attempt">The attempt's folder, where its files are from now on.</param>
    /// <param name="order">What it is to serve, as JSON for its standard input.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    public async Task<BuilderProcess> GiveAsync(AttemptFolder attempt, string order, CancellationToken cancellationToken)
    {
        // The note first: from then on the process is found, and ended, with the attempt.
        File.Move(folder.ProcessId("proxy"), attempt.ProcessId("proxy"));
        File.Move(folder.ProxyLog, attempt.ProxyLog);
        await process.GiveInputAsync(order, cancellationToken);
        foreach (var (from, to) in new[] { (folder.Network, attempt.Network), (folder.ProxyKey, attempt.ProxyKey) }.Where(file => File.Exists(file.Item1)))
        {
            File.Move(from, to);
        }

        File.Move(folder.ProxyAddress, attempt.ProxyAddress);
        // What is left is the proxy's own, no stranger's: no program is needed to remove it.
        Directory.Delete(folder.Root, recursive: true);
        return process;
    }

    /// <summary>Ends it, unless it was given away.</summary>
    public void Dispose()
    {
        process.KillGroup();
        process.Dispose();
        try
        {
            Directory.Delete(folder.Root, recursive: true);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            LogNotRemoved(logger, error);
        }
    }

    [LoggerMessage(1, LogLevel.Warning, "The folder of a proxy that no build needs is left behind; this service removes it when it starts again")]
    private static partial void LogNotRemoved(ILogger logger, Exception error);
}
