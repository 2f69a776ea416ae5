using System.Collections.Concurrent;
using System.Diagnostics;

namespace ImageBuilder.Launchers.Process;

/// <summary>
/// Starts processes that the kernel ends when this service does, however it ends (PR_SET_PDEATHSIG of prctl(2)). What the kernel takes for the parent's
/// end is the end of the thread that started the child, and threads of the pool come and go; this one lasts as long as the service.
/// </summary>
internal static class StarterThread
{
    /// <summary>What a command follows to be ended so.</summary>
    public static readonly string[] Prefix = ["setpriv", "--pdeathsig", "KILL", "--"];

    private static readonly Lazy<BlockingCollection<Action>> s_starts = new(Run);

    /// <summary>Starts <paramref name="start"/>, whose command begins with <see cref="Prefix"/>.</summary>
    public static Task<System.Diagnostics.Process?> StartAsync(ProcessStartInfo start)
    {
        var started = new TaskCompletionSource<System.Diagnostics.Process?>(TaskCreationOptions.RunContinuationsAsynchronously);
        s_starts.Value.Add(() =>
        {
            try
            {
                started.SetResult(System.Diagnostics.Process.Start(start));
            }
            catch (Exception error)
            {
                started.SetException(error);
            }
        });
        return started.Task;
    }

    private static BlockingCollection<Action> Run()
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
            Name = "builder starter",
        }.Start();
        return starts;
    }
}
