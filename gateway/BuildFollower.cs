using System.Runtime.CompilerServices;
using ImageBuilder.Grains;
using ImageBuilder.Grains.Messages;
using Orleans;

namespace ImageBuilder.Gateway;

/// <summary>
/// Follows builds by version and logs by byte offset, in calls that can each be made again: whatever happens between two of them, nothing
/// is missed and nothing comes twice.
/// </summary>
internal sealed class BuildFollower(IGrainFactory grains, GrainCalls calls)
{
    private const int LogPageSize = 256 * 1024;

    private static readonly TimeSpan Wait = TimeSpan.FromSeconds(10);

    /// <summary>The build as it stands, and as it stands after every change, until it has ended; nothing when there is no such build.</summary>
    public async IAsyncEnumerable<BuildSnapshot> FollowAsync(Guid buildId, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var build = grains.GetGrain<IBuildGrain>(buildId);
        for (long version = 0; ;)
        {
            var known = version;
            var snapshot = await calls.RetryAsync(() => build.Watch(known, Wait, cancellationToken), cancellationToken);
            if (snapshot is null)
            {
                yield break;
            }

            if (snapshot.Version > version)
            {
                version = snapshot.Version;
                yield return snapshot;
            }

            if (snapshot.IsFinal)
            {
                yield break;
            }
        }
    }

    /// <summary>Whether there is such a build.</summary>
    public async Task<bool> ExistsAsync(Guid buildId, CancellationToken cancellationToken)
    {
        var build = grains.GetGrain<IBuildGrain>(buildId);
        return await calls.RetryAsync(() => build.Watch(afterVersion: 0, TimeSpan.Zero, cancellationToken), cancellationToken) is not null;
    }

    /// <summary>The log of a build from its first byte until the build has ended.</summary>
    public async IAsyncEnumerable<LogChunk> ReadLogAsync(Guid buildId, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var build = grains.GetGrain<IBuildGrain>(buildId);
        for (long offset = 0; ;)
        {
            var from = offset;
            var chunk = await calls.RetryAsync(() => build.ReadLog(from, LogPageSize, Wait, cancellationToken), cancellationToken);
            if (chunk is null)
            {
                yield break;
            }

            offset = chunk.Next;
            yield return chunk;
            if (chunk.Ended)
            {
                yield break;
            }
        }
    }
}
