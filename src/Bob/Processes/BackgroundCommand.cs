using System.Diagnostics;
using System.Runtime.InteropServices;

namespace ImageBuilder.Bob.Processes;

/// <summary>A program that runs beside bob until it is stopped; of its output the end is kept, for the message of a failure.</summary>
internal sealed class BackgroundCommand : IAsyncDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    private readonly Process _process;
    private readonly OutputTail _tail = new();
    private readonly Task _copying;

    private BackgroundCommand(Process process)
    {
        _process = process;
        _copying = CopyAsync();
        Exited = process.WaitForExitAsync();
    }

    /// <summary>Ends when the program does.</summary>
    public Task Exited { get; }

    /// <summary>Ends when nobody writes to its output any more, and all of it has come.</summary>
    public Task Written => _copying;

    /// <summary>The end of what it wrote so far.</summary>
    public string Tail
    {
        get
        {
            lock (_tail)
            {
                return _tail.ToString();
            }
        }
    }

    /// <summary>Starts <paramref name="program"/>, as <see cref="MergedOutput.StartAsync"/> does.</summary>
    public static async Task<BackgroundCommand> StartAsync(
        string program, IEnumerable<string> arguments, IReadOnlyDictionary<string, string> variables, string folder, SafeHandle? socket = null) =>
        new(await MergedOutput.StartAsync(program, arguments, variables, folder, socket));

    /// <summary>Asks the program to end; kills it when it has not done so within 10 s.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            ProcessTree.Terminate(_process.Id);
            await Exited.WaitAsync(s_patience).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (!_process.HasExited)
            {
                _process.Kill();
            }
        }

        await Exited;

        // What it started may hold its output open.
        await _copying.WaitAsync(s_patience).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _process.Dispose();
    }

    private async Task CopyAsync()
    {
        var buffer = new byte[4096];
        while (await _process.StandardOutput.BaseStream.ReadAsync(buffer) is > 0 and var count)
        {
            lock (_tail)
            {
                _tail.Append(buffer.AsSpan(0, count));
            }
        }
    }
}
