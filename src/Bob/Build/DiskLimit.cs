using System.ComponentModel;
using System.Globalization;
using ImageBuilder.Bob.Outcomes;
using ImageBuilder.Bob.Processes;

namespace ImageBuilder.Bob.Build;

/// <summary>
/// How much disk a build may take up. The kernel keeps no such account of a file system that builds share, so it is counted while the disk fills.
/// </summary>
/// <param name="folder">A folder on that disk.</param>
/// <param name="countAsync">Counts the bytes that the build has taken up.</param>
internal sealed class DiskLimit(string folder, Func<Task<long>> countAsync, TimeProvider time)
{
    // So much less room, by whomever, before it is counted again.
    private const long Step = 64 << 20;

    // Twenty seconds of them.
    private const int MostFailures = 80;

    private static readonly TimeSpan s_interval = TimeSpan.FromMilliseconds(250);

    /// <summary>Runs <paramref name="build"/>, and ends it when it takes up more than <paramref name="limit"/> bytes; 0 for no limit.</summary>
    /// <exception cref="BobException">It took up more.</exception>
    /// <exception cref="IOException">The disk's room cannot be read; it is ended then, too.</exception>
    /// <exception cref="Win32Exception">What it takes up cannot be counted for twenty seconds; it is ended then, too.</exception>
    public async Task<T> KeepAsync<T>(long limit, Func<CancellationToken, Task<T>> build, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var exceeded = limit == 0 ? Task.Delay(Timeout.InfiniteTimeSpan, stop.Token) : ExceededAsync(limit, stop.Token);
        var building = build(stop.Token);
        await Task.WhenAny(building, exceeded);
        if (!exceeded.IsCompleted)
        {
            var ended = await building;
            await stop.CancelAsync();
            await exceeded.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            return ended;
        }

        await stop.CancelAsync();
        await ((Task)building).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await exceeded;
        throw new BobException(FailureReason.OutOfDisk, $"build failed: it takes up more disk than a build may, {limit >> 20} MiB");
    }

    /// <summary>The bytes that <paramref name="places"/> take up. By a program, since steps may give files names that .NET cannot name.</summary>
    public static Task<long> CountAsync(IEnumerable<string> places) => ReadTotalAsync("du", ["--summarize", "--total", "--one-file-system", "--block-size=1", .. places]);

    /// <summary>The bytes that those files in <paramref name="folder"/> take up that are new or changed since <paramref name="start"/>, whatever dates they were given.</summary>
    public static Task<long> CountChangedAsync(string folder, DateTimeOffset start) => ReadTotalAsync(
        "sh",
        [
            "-c", "find \"$0\" -xdev -type f -newerct \"$1\" -print0 2>/dev/null | du --files0-from=- --total --block-size=1 2>/dev/null | tail -n 1",
            folder, string.Create(CultureInfo.InvariantCulture, $"@{start.ToUnixTimeMilliseconds() / 1000m}"),
        ]);

    private async Task ExceededAsync(long limit, CancellationToken cancellationToken)
    {
        var disk = new DriveInfo(folder);
        var before = await countAsync();
        using var timer = new PeriodicTimer(s_interval, time);
        for (var (counted, failures) = (disk.AvailableFreeSpace, 0); await timer.WaitForNextTickAsync(cancellationToken);)
        {
            var room = disk.AvailableFreeSpace;
            if (room > counted - Step)
            {
                counted = Math.Max(counted, room);
                continue;
            }

            try
            {
                if (await countAsync() - before > limit)
                {
                    return;
                }

                (counted, failures) = (room, 0);
            }
            catch (Win32Exception) when (++failures < MostFailures)
            {
                // The build has left no process to count with. That ends with it, as a rule, and soon; until then this is tried again.
            }
        }
    }

    private static async Task<long> ReadTotalAsync(string program, IEnumerable<string> arguments)
    {
        var (_, output) = await ForegroundCommand.RunAsync(
            program, arguments, new Dictionary<string, string> { ["PATH"] = EnginePrograms.Path }, "/", silent: true, secrets: [], CancellationToken.None);
        return output.Split('\n', StringSplitOptions.RemoveEmptyEntries).LastOrDefault() is { } total
            && long.TryParse(total.Split('\t')[0], NumberStyles.None, CultureInfo.InvariantCulture, out var bytes) ? bytes : 0;
    }
}
