using System.Diagnostics;
using System.Runtime.InteropServices;

namespace ImageBuilder.Bob.Tests.Build;

/// <summary>A <c>bob daemon</c>.</summary>
public sealed partial class BuildDaemon : IAsyncDisposable
{
    private const int Terminate = 15;

    private readonly Process _process;

    private BuildDaemon(Process process, string socket)
    {
        _process = process;
        Address = $"unix://{socket}";
    }

    /// <summary>Where its buildkitd is reached.</summary>
    public string Address { get; }

    /// <summary>Starts one on the stage's storage and waits until it is ready.</summary>
    public static async Task<BuildDaemon> StartAsync(BuildStage stage, string cachedImages = "[]", string name = "daemon")
    {
        var socket = Path.Combine(stage.Storage, $"{name}.socket");
        var start = new ProcessStartInfo(Processes.Bob.Path, ["daemon", socket]) { RedirectStandardOutput = true };
        start.Environment["BOB_STORAGE_ROOT"] = stage.Storage;
        start.Environment["BOB_CACHE_IMAGES"] = cachedImages;
        var process = Process.Start(start)!;
        while (await process.StandardOutput.ReadLineAsync() is { } line)
        {
            if (line.StartsWith("ready", StringComparison.Ordinal))
            {
                return new BuildDaemon(process, socket);
            }
        }

        throw new InvalidOperationException("bob daemon ended");
    }

    /// <summary>Asks it to end and gives its exit code.</summary>
    public async Task<int> StopAsync()
    {
        if (!_process.HasExited)
        {
            _ = SendSignal(_process.Id, Terminate);
        }

        await _process.WaitForExitAsync();
        return _process.ExitCode;
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _process.Dispose();
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int SendSignal(int process, int signal);
}
