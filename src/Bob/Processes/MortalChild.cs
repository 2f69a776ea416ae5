using System.Collections.Concurrent;
using System.Diagnostics;

namespace ImageBuilder.Bob.Processes;

/// <summary>
/// Starts programs that the kernel kills when bob dies, however it dies. What the kernel takes for the parent's death is the end of the thread that
/// started the child, and threads of the pool come and go; so all are started by one thread that lasts as long as bob.
/// </summary>
internal static class MortalChild
{
    private static readonly BlockingCollection<Action> s_starts = StartStarter();

    /// <summary>What runs the command that follows it, to be killed with the thread that started it.</summary>
    public const string Prefix = "setpriv --pdeathsig KILL --";

    /// <summary>Starts <paramref name="start"/>, a shell whose command begins with <see cref="Prefix"/>.</summary>
    public static Task<Process> StartAsync(ProcessStartInfo start)
    {
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
        return started.Task;
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
}
