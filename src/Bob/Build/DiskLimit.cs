using System.Globalization;
using ImageBuilder.Bob.Processes;

namespace ImageBuilder.Bob.Build;

/// <summary>
/// How much disk a build has taken up, cache included: the layers of its steps, the folders that they share with other builds of their owner, and what
/// the engine puts down meanwhile. The kernel keeps no such account of a file system that builds share, so it is counted while the disk fills.
/// </summary>
/// <param name="graph">The engine's storage.</param>
/// <param name="hooks">What the containers of this build mention.</param>
/// <param name="folders">Other folders that the build fills.</param>
internal sealed class DiskLimit(string graph, string hooks, IReadOnlyList<string> folders, TimeProvider time)
{
    // So much less room, by whomever, before it is counted again.
    private const long Step = 64 << 20;

    private static readonly TimeSpan s_interval = TimeSpan.FromMilliseconds(250);

    private readonly Dictionary<string, long> _layers = [];

    /// <summary>Ends when the build takes up more than <paramref name="limit"/> bytes.</summary>
    /// <param name="limit">Bytes; 0 for no limit.</param>
    /// <param name="cancellationToken">The build is over.</param>
    public async Task ExceededAsync(long limit, CancellationToken cancellationToken)
    {
        if (limit == 0)
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken);
        }

        var disk = new DriveInfo(graph);
        var before = folders.Count == 0 ? 0 : await CountAsync(folders);
        using var timer = new PeriodicTimer(s_interval, time);
        for (var counted = disk.AvailableFreeSpace; await timer.WaitForNextTickAsync(cancellationToken);)
        {
            var room = disk.AvailableFreeSpace;
            if (room > counted - Step)
            {
                counted = Math.Max(counted, room);
                continue;
            }

            counted = room;
            if (await CountLayersAsync() + await CountAsync(folders) - before > limit)
            {
                return;
            }
        }
    }

    // A layer that is gone has become a part of the image.
    private async Task<long> CountLayersAsync()
    {
        foreach (var layer in WorkingContainer.ReadAll(graph).Where(container => container.IsOf(hooks)).Select(container => container.Layer))
        {
            _layers[layer] = await CountAsync([Path.Combine(graph, "overlay", layer, "diff")]);
        }

        return _layers.Values.Sum();
    }

    // By a program, since steps may give files names that .NET cannot name.
    private async Task<long> CountAsync(IEnumerable<string> places)
    {
        var (_, output) = await ForegroundCommand.RunAsync(
            "du", ["--summarize", "--total", "--one-file-system", "--block-size=1", .. places], new Dictionary<string, string> { ["PATH"] = EnginePrograms.Path }, graph, silent: true, secrets: [], CancellationToken.None);
        return output.Split('\n', StringSplitOptions.RemoveEmptyEntries).LastOrDefault() is { } total
            && long.TryParse(total.Split('\t')[0], NumberStyles.None, CultureInfo.InvariantCulture, out var bytes) ? bytes : 0;
    }
}
