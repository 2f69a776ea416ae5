using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using ImageBuilder.Gateway.Following;
using ImageBuilder.Grains;
using ImageBuilder.Grains.Messages;
using Orleans;

namespace ImageBuilder.Gateway;

/// <summary>
/// Follows builds by version and logs by byte offset, in calls that can each be made again: whatever happens between two of them, nothing
/// is missed and nothing comes twice.
/// </summary>
internal sealed class BuildFollower(IGrainFactory grains, GrainCalls calls, LogRelays relays)
{
    /// <summary>
    /// Bytes of the log in one message at the most. The server holds a message of each follower until it is sent, and 16 KB fit into one HTTP/2 frame.
    /// </summary>
    private const int MessageSize = 16_000;

    private readonly SharedCalls<(Guid BuildId, long Version), BuildSnapshot?> _watches = new();
    private readonly SharedCalls<(Guid BuildId, long Version), ImmutableArray<BuildSnapshot>?> _transitions = new();

    /// <summary>The build as it stands, and as it stands after every change, until it has ended; nothing when there is no such build.</summary>
    public async IAsyncEnumerable<BuildSnapshot> FollowAsync(Guid buildId, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var build = grains.GetGrain<IBuildGrain>(buildId);
        for (long version = 0; ;)
        {
            var known = version;
            var snapshot = await _watches.CallAsync(
                (buildId, known),
                abandoned => calls.RetryAsync(() => build.Watch(known, LongPoll.Wait, abandoned), abandoned),
                cancellationToken);
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

    /// <summary>
    /// The build at each version after <paramref name="version"/>, in order, until it has ended; nothing when there is no such build.
    /// </summary>
    public async IAsyncEnumerable<BuildSnapshot> FollowVersionsAsync(
        Guid buildId, long version, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var build = grains.GetGrain<IBuildGrain>(buildId);
        for (var ended = false; !ended;)
        {
            // Of a build that has ended there may be nothing to wait for.
            if (await FindAsync(buildId, cancellationToken) is not { } now || (now.IsFinal && now.Version <= version))
            {
                yield break;
            }

            var known = version;
            var snapshots = await _transitions.CallAsync(
                (buildId, known),
                abandoned => calls.RetryAsync(() => build.Transitions(known, LongPoll.Wait, abandoned), abandoned),
                cancellationToken);
            foreach (var snapshot in snapshots ?? [])
            {
                version = snapshot.Version;
                ended = snapshot.IsFinal;
                yield return snapshot;
            }
        }
    }

    /// <summary>The build as it stands; null when there is no such build.</summary>
    public Task<BuildSnapshot?> FindAsync(Guid buildId, CancellationToken cancellationToken)
    {
        var build = grains.GetGrain<IBuildGrain>(buildId);
        return calls.RetryAsync(() => build.Watch(afterVersion: 0, TimeSpan.Zero, cancellationToken), cancellationToken);
    }

    /// <summary>Whether there is such a build.</summary>
    public async Task<bool> ExistsAsync(Guid buildId, CancellationToken cancellationToken) => await FindAsync(buildId, cancellationToken) is not null;

    /// <summary>
    /// The log of a build from <paramref name="offset"/>: with <paramref name="follow"/> until the build has ended, else up to where the log ends
    /// at the moment. Nothing when there is no such build.
    /// </summary>
    public IAsyncEnumerable<LogPart> ReadLogAsync(Guid buildId, long offset, bool follow, CancellationToken cancellationToken) =>
        follow ? FollowLogAsync(buildId, offset, cancellationToken) : ReadStoredLogAsync(buildId, offset, cancellationToken);

    private async IAsyncEnumerable<LogPart> FollowLogAsync(
        Guid buildId, long offset, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var reader = relays.Join(buildId, offset);
        try
        {
            while (await reader.ReadAsync(cancellationToken) is { } part)
            {
                foreach (var piece in part.Cut(MessageSize))
                {
                    yield return piece;
                }

                if (part.Ended)
                {
                    yield break;
                }
            }
        }
        finally
        {
            relays.Leave(buildId, reader);
        }
    }

    private async IAsyncEnumerable<LogPart> ReadStoredLogAsync(
        Guid buildId, long offset, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var build = grains.GetGrain<IBuildGrain>(buildId);
        for (long? end = null; end is null || offset < end;)
        {
            var from = offset;
            var chunk = await calls.RetryAsync(
                () => build.ReadLog(from, LogRelay.PageSize, TimeSpan.Zero, cancellationToken), cancellationToken);
            if (chunk is null)
            {
                yield break;
            }

            end ??= chunk.End;
            offset = Math.Max(offset, chunk.Next);
            foreach (var piece in LogPart.Of(chunk, from).Cut(MessageSize))
            {
                yield return piece;
            }
        }
    }
}
