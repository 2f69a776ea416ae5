using System.ComponentModel;
using ImageBuilder.Bob.Outcomes;

namespace ImageBuilder.Bob.Build;

/// <summary>
/// How much disk a build may take up. The kernel keeps no such account of a file system that builds share, so it is counted while the disk fills.
/// </summary>
/// <param name="folder">A folder on that disk.</param>
/// <param name="countAsync">Counts the bytes that the build has taken up; throws what <see cref="DiskCount"/> throws where it cannot.</param>
internal sealed class DiskLimit(string folder, Func<Task<long>> countAsync, TimeProvider time)
{
    // So much less room, by whomever, before it is counted again.
    private const long Step = 64 << 20;

    // Twenty seconds of them.
    private const int MostFailures = 80;

    private static readonly TimeSpan s_interval = TimeSpan.FromMilliseconds(250);

    /// <summary>Runs <paramref name="build"/>, and ends it when it takes up more than <paramref name="limit"/> bytes; 0 for no limit.</summary>
    /// <exception cref="BobException">It took up more.</exception>
    /// <exception cref="IOException">The disk's room cannot be read, or for twenty seconds not be counted what the build takes up; it is ended then, too.</exception>
    /// <exception cref="Win32Exception">For twenty seconds no program can be started to count with; it is ended then, too.</exception>
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

        // What ends a build that is cancelled ends a count as well.
        cancellationToken.ThrowIfCancellationRequested();
        await exceeded;
        throw new BobException(FailureReason.OutOfDisk, $"build failed: it takes up more disk than a build may, {limit >> 20} MiB");
    }

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
            catch (Exception exception) when (exception is Win32Exception or IOException && ++failures < MostFailures)
            {
                // The build has left no process, or no memory, to count with. That ends with it, as a rule, and soon; until then this is tried again.
            }
        }
    }
}
