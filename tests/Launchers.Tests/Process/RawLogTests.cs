using System.Diagnostics;
using System.Globalization;

namespace ImageBuilder.Launchers.Tests.Process;

public sealed class RawLogTests
{
    private const int MiB = 1 << 20;

    [Fact]
    public async Task ReadLog_EndlessOutput_BuilderIsHeldUntilItIsReadAndWhatWasReadTakesNoRoom()
    {
        await using var bob = new FakeBob(build: "while :; do head -c 1048576 /dev/zero; done");
        var attempt = await bob.LaunchAsync();
        var log = Path.Combine(bob.AttemptFolder, "log");
        await HeldAsync(bob, attempt, offset: 0);
        var goal = new FileInfo(log).Length + (64 * MiB);

        var buffer = new byte[MiB];
        var read = 0L;
        while (read < goal)
        {
            read += await attempt.ReadLogAsync(read, buffer, CancellationToken.None);
            attempt.ReleaseLog(read);
        }

        await HeldAsync(bob, attempt, read);
        (await RoomAsync(log)).ShouldBeLessThan(new FileInfo(log).Length - read + (8 * MiB));

        // What an earlier service held goes on for the next one, and can be ended.
        var again = await bob.ReattachAsync();
        (await again.ReadLogAsync(read, buffer, CancellationToken.None)).ShouldBe(MiB);
        await again.CancelAsync(CancellationToken.None);
        (await again.Completion.WaitAsync(FakeBob.Patience)).Failure.ShouldNotBeNull();
        await bob.NoProcessesAsync();
    }

    /// <summary>Ends when the builder is held, which who reads the log does when he is far behind.</summary>
    private static async Task HeldAsync(FakeBob bob, IAttempt attempt, long offset)
    {
        using var over = new CancellationTokenSource(FakeBob.Patience);
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(5));
        while (!bob.Processes().Any(process => IsHeld(process.Id)))
        {
            await attempt.ReadLogAsync(offset, new byte[1], over.Token);
            await timer.WaitForNextTickAsync(over.Token);
        }
    }

    private static bool IsHeld(int process)
    {
        try
        {
            return File.ReadAllText($"/proc/{process}/stat").Contains(") T ", StringComparison.Ordinal);
        }
        catch (IOException)
        {
            return false;
        }
    }

    /// <summary>The bytes that a file takes on its disk.</summary>
    private static async Task<long> RoomAsync(string file)
    {
        using var stat = System.Diagnostics.Process.Start(new ProcessStartInfo("stat", ["-c", "%b", file]) { RedirectStandardOutput = true })!;
        return 512 * long.Parse(await stat.StandardOutput.ReadToEndAsync(), CultureInfo.InvariantCulture);
    }
}
