using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.Logging;

namespace ImageBuilder.Launchers.Process;

/// <summary>Has the builder command remove what builders that were killed have left in the engine's storage.</summary>
internal sealed partial class EngineCleaner(ProcessLauncherOptions options, ILogger logger)
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private static readonly string[] BuilderFolders = ["builds", "buildkit/builds"];

    /// <summary>Cleans the storage, if there is one. What goes wrong is logged: the next build cleans it too.</summary>
    public async Task CleanAsync(CancellationToken cancellationToken)
    {
        // Builders have their folders here.
        if (!Array.Exists(BuilderFolders, folder => Directory.Exists(Path.Combine(options.StorageFolder, folder))))
        {
            return;
        }

        try
        {
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            patience.CancelAfter(Patience);
            using var process = Start();
            process.StandardInput.Close();
            var output = process.StandardOutput.BaseStream.CopyToAsync(Stream.Null, patience.Token);
            var errors = await process.StandardError.ReadToEndAsync(patience.Token);
            await output;
            await process.WaitForExitAsync(patience.Token);
            if (process.ExitCode != 0)
            {
                LogNotCleaned(logger, null, errors.Trim());
            }
        }
        catch (Exception error) when (error is Win32Exception or IOException or OperationCanceledException && !cancellationToken.IsCancellationRequested)
        {
            LogNotCleaned(logger, error, error.Message);
        }
    }

    private System.Diagnostics.Process Start()
    {
        var start = new ProcessStartInfo(options.BobCommand[0], [.. options.BobCommand.Skip(1), "clean"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment.Clear();
        foreach (var (name, value) in BuilderEnvironment.Create(home: "/"))
        {
            start.Environment[name] = value;
        }

        start.Environment["BOB_STORAGE_ROOT"] = options.StorageFolder;
        start.Environment["BOB_CACHE_LIMIT"] = options.CacheLimit.ToString(CultureInfo.InvariantCulture);
        return System.Diagnostics.Process.Start(start)!;
    }

    [LoggerMessage(1, LogLevel.Warning, "What killed builders left in the engine's storage could not be removed; the next build tries again: {Reason}")]
    private static partial void LogNotCleaned(ILogger logger, Exception? error, string reason);
}
