using System.Collections.Concurrent;
using System.Diagnostics;
using System.Runtime.InteropServices;

namespace ImageBuilder.Sandbox.Processes;

/// <summary>A program that runs beside this one, in a session of its own, and is killed by the kernel when this process dies, however it dies.</summary>
public sealed partial class RunningProcess : IAsyncDisposable
{
    private const int Terminate = 15;

    // A parent-death signal is sent when the thread that started the child ends, and threads of the pool do end.
    // Every child is therefore started from one thread that lasts as long as the process.
    private static readonly BlockingCollection<Action> s_starts = StartStarter();

    private readonly Process _process;

    private RunningProcess(Process process, string logFile)
    {
        _process = process;
        LogFile = logFile;
        Exited = process.WaitForExitAsync();
    }

    /// <summary>The process id.</summary>
    public int Id => _process.Id;

    /// <summary>The processor time that it has used.</summary>
    public TimeSpan ProcessorTime
    {
        get
        {
            _process.Refresh();
            return _process.TotalProcessorTime;
        }
    }

    /// <summary>Where its output and errors go.</summary>
    public string LogFile { get; }

    /// <summary>Ends when the process does.</summary>
    public Task Exited { get; }

    /// <summary>The exit code; valid once <see cref="Exited"/> has ended.</summary>
    public int ExitCode => _process.ExitCode;

    /// <summary>Starts <paramref name="program"/> with its output and errors appended to <paramref name="logFile"/>.</summary>
    public static async Task<RunningProcess> StartAsync(
        string program,
        IReadOnlyList<string> arguments,
        string logFile,
        IReadOnlyDictionary<string, string>? variables = null)
    {
        var start = new ProcessStartInfo("/bin/sh")
        {
            ArgumentList = { "-c", "exec setsid setpriv --pdeathsig KILL -- \"$@\" >>\"$0\" 2>&1 </dev/null", logFile, program },
        };
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        foreach (var (name, value) in variables ?? new Dictionary<string, string>())
        {
            start.Environment[name] = value;
        }

        var started = new TaskCompletionSource<Process>(TaskCreationOptions.RunContinuationsAsynchronously);
        s_starts.Add(() =>
        {
            try
            {
                started.SetResult(Process.Start(start)!);
            }
            catch (Exception exception)
            {
                started.SetException(exception);
            }
        });
        return new RunningProcess(await started.Task, logFile);
    }

    /// <summary>The last lines of the process's output, for an error message.</summary>
    public string LogTail() => File.Exists(LogFile) ? string.Join('\n', File.ReadLines(LogFile).TakeLast(20)) : string.Empty;

    /// <summary>Ends the process at once, as <c>kill -9</c> does.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await Exited;
    }

    /// <summary>Sends <paramref name="signal"/> to the process, or to all of its <paramref name="group"/>; to nobody when it has ended.</summary>
    public void Signal(int signal, bool group = false)
    {
        if (!_process.HasExited)
        {
            _ = SendSignal(group ? -_process.Id : _process.Id, signal);
        }
    }

    /// <summary>Asks the process to end, and ends it when it has not done so within <paramref name="patience"/>.</summary>
    public async Task StopAsync(TimeSpan patience)
    {
        if (!_process.HasExited)
        {
            Signal(Terminate);
            if (await Task.WhenAny(Exited, Task.Delay(patience)) != Exited)
            {
                _process.Kill();
            }
        }

        await Exited;
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await StopAsync(TimeSpan.FromSeconds(15));
        _process.Dispose();
    }

    private static BlockingCollection<Action> StartStarter()
    {
        var starts = new BlockingCollection<Action>();
        new Thread(() =>
        {
            foreach (var start in starts.GetConsumingEnumerable())
            {
                start();
            }
        })
        {
            IsBackground = true,
            Name = "process starter",
        }.Start();
        return starts;
    }

    /// <summary>kill(2): a negative <paramref name="process"/> means its group.</summary>
    [LibraryImport("libc", EntryPoint = "kill")]
    internal static partial int SendSignal(int process, int signal);
}
