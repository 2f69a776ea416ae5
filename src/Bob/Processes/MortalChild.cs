using System.Collections.Concurrent;
using System.Diagnostics;
using System.Runtime.InteropServices;

namespace ImageBuilder.Bob.Processes;

/// <summary>
/// Starts programs that the kernel kills when bob dies, however it dies. What the kernel takes for the parent's death is the end of the thread that
/// started the child, and threads of the pool come and go; so all are started by one thread that lasts as long as bob.
/// </summary>
internal static partial class MortalChild
{
    // F_DUPFD_CLOEXEC of fcntl(2).
    private const int CopyCloseOnExec = 1030;

    private static readonly BlockingCollection<Action> s_starts = StartStarter();

    /// <summary>What runs the command that follows it, to be killed with the thread that started it.</summary>
    public const string Prefix = "setpriv --pdeathsig KILL --";

    /// <summary>Starts <paramref name="start"/>, a shell whose command begins with <see cref="Prefix"/>; with <paramref name="input"/>, if it is given, as its input.</summary>
    public static Task<Process> StartAsync(ProcessStartInfo start, SafeHandle? input = null)
    {
        var started = new TaskCompletionSource<Process>(TaskCreationOptions.RunContinuationsAsynchronously);
        s_starts.Add(() =>
        {
            try
            {
                started.SetResult(input is null ? Process.Start(start)! : Start(start, input));
            }
            catch (Exception exception)
            {
                started.SetException(exception);
            }
        });
        return started.Task;
    }

    // A child gets no descriptor of bob's but the first three. Nothing else is started meanwhile, and nothing that starts children reads bob's own input.
    private static Process Start(ProcessStartInfo start, SafeHandle input)
    {
        var own = Check(Copy(0, CopyCloseOnExec, 3));
        try
        {
            Check(CopyTo((int)input.DangerousGetHandle(), 0));
            return Process.Start(start)!;
        }
        finally
        {
            _ = CopyTo(own, 0);
            _ = Close(own);
        }
    }

    private static int Check(int result) => result >= 0 ? result : throw new IOException($"a descriptor cannot be copied: {Marshal.GetLastPInvokeErrorMessage()}");

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

    [LibraryImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    private static partial int Copy(int descriptor, int how, int least);

    [LibraryImport("libc", EntryPoint = "dup2", SetLastError = true)]
    private static partial int CopyTo(int descriptor, int other);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int descriptor);
}
