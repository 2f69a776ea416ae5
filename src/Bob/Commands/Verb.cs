using System.Runtime.InteropServices;
using ImageBuilder.Bob.Outcomes;

namespace ImageBuilder.Bob.Commands;

/// <summary>What every verb has in common: it can be stopped, and it says how it ended.</summary>
internal static class Verb
{
    /// <summary>Runs <paramref name="work"/> until it ends or SIGTERM or SIGINT asks it to.</summary>
    /// <param name="work">The verb itself.</param>
    /// <param name="report">Told how it ended, if anybody wants to know.</param>
    /// <returns>An exit code of <see cref="ExitCode"/>.</returns>
    public static async Task<int> RunAsync(Func<CancellationToken, Task> work, Action<Outcome>? report = null)
    {
        using var stop = new CancellationTokenSource();
        void Stop(PosixSignalContext signal)
        {
            signal.Cancel = true;
            stop.Cancel();
        }

        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        var (exitCode, outcome) = await EndAsync(work, stop);
        if (!outcome.Succeeded)
        {
            await Console.Error.WriteLineAsync(outcome.Message);
        }

        try
        {
            report?.Invoke(outcome);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or BobException)
        {
            await Console.Error.WriteLineAsync($"the outcome cannot be written: {exception.Message}");
            return ExitCode.Failed;
        }

        return exitCode;
    }

    private static async Task<End> EndAsync(Func<CancellationToken, Task> work, CancellationTokenSource stop)
    {
        try
        {
            await work(stop.Token);
            return new End(ExitCode.Ok, Outcome.Success);
        }
        catch (UsageException exception)
        {
            return new End(ExitCode.Usage, new Outcome(false, nameof(FailureReason.Internal), exception.Message));
        }
        catch (BobException exception)
        {
            return new End(ExitCode.Failed, new Outcome(false, exception.Reason.ToString(), exception.Message));
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return new End(ExitCode.Failed, new Outcome(false, nameof(FailureReason.Cancelled), "build failed: it was stopped"));
        }
        catch (IOException exception) when (OutOfDisk.IsCause(exception))
        {
            return new End(ExitCode.Failed, new Outcome(false, nameof(FailureReason.OutOfDisk), OutOfDisk.Message));
        }
        catch (Exception exception)
        {
            return new End(ExitCode.Failed, new Outcome(false, nameof(FailureReason.Internal), $"bob failed: {exception.Message}"));
        }
    }

    // A class, since generic code for classes is compiled ahead of time.
    private sealed record End(int ExitCode, Outcome Outcome);
}
