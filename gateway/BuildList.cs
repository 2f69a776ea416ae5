using ImageBuilder.Contracts.V1;
using ImageBuilder.Gateway.Services;
using ImageBuilder.Grains;
using ImageBuilder.Grains.Messages;
using Orleans;

namespace ImageBuilder.Gateway;

/// <summary>Lists builds over all shards of the directory, a page at a time.</summary>
internal sealed class BuildList(IGrainFactory grains, GrainCalls calls, BuildFollower follower)
{
    /// <summary>
    /// The newest builds that <paramref name="query"/> looks for, as many as it says, where the next page begins if there is one, and how many builds may be
    /// missing because what is stored of them cannot be read.
    /// </summary>
    public async Task<(List<Build> Builds, DirectoryPosition? Next, int Unreadable)> ReadAsync(DirectoryQuery query, CancellationToken cancellationToken)
    {
        var builds = new List<Build>();
        for (var before = query.Before; ;)
        {
            // Running builds may turn out to stand elsewhere than asked for, so that it takes another round to fill the page.
            var missing = query.Limit - builds.Count;
            var (hits, unreadable) = await FindAsync(query with { Before = before, Limit = missing + 1 }, cancellationToken);
            var page = hits.Take(missing).ToList();
            builds.AddRange(await ReadAsync(query, page, cancellationToken));
            if (hits.Count <= missing)
            {
                return (builds, null, unreadable);
            }

            before = page[^1].Position;
            if (builds.Count == query.Limit)
            {
                return (builds, before, unreadable);
            }
        }
    }

    /// <summary>The builds that run, the oldest first. The directory hears of an end after those who follow the build, so each build is asked itself.</summary>
    public async Task<IReadOnlyList<DirectoryEntry>> ReadRunningAsync(CancellationToken cancellationToken)
    {
        var shards = await Task.WhenAll(DirectoryShards.All(grains).Select(shard => calls.RetryAsync(() => shard.ListRunning(), cancellationToken)));
        var builds = await Task.WhenAll(shards.SelectMany(shard => shard).Select(async entry => (Entry: entry, Now: await FindRunningAsync(entry.Id, cancellationToken))));
        return [.. builds.Where(build => build.Now is not { IsFinal: true }).Select(build => build.Entry).OrderBy(entry => entry.CreatedAt)];
    }

    private async Task<(List<DirectoryHit> Hits, int Unreadable)> FindAsync(DirectoryQuery query, CancellationToken cancellationToken)
    {
        var shards = await Task.WhenAll(DirectoryShards.All(grains).Select(shard => calls.RetryAsync(() => shard.Find(query), cancellationToken)));
        return (
            [.. shards.SelectMany(shard => shard.Hits).OrderByDescending(hit => hit.Position).Take(query.Limit)],
            shards.Sum(shard => shard.Unreadable));
    }

    private async Task<IEnumerable<Build>> ReadAsync(DirectoryQuery query, List<DirectoryHit> hits, CancellationToken cancellationToken)
    {
        var running = Task.WhenAll(hits
            .Where(hit => hit.IsRunning)
            .Select(hit => FindRunningAsync(hit.Position.Id, cancellationToken)));
        var ended = Task.WhenAll(hits
            .Where(hit => !hit.IsRunning)
            .GroupBy(hit => DirectoryShards.NumberOf(hit.Position.Id))
            .Select(shard => calls.RetryAsync(() => DirectoryShards.Of(grains, shard.First().Position.Id).Read([.. shard]), cancellationToken)));
        return (await running)
            .Where(build => build is not null && query.Includes(build.Status, build.Failure?.Reason))
            .Select(build => (Position: new DirectoryPosition(build!.CreatedAt, build.Id), Message: BuildMessages.Listed(build)))
            .Concat((await ended)
                .SelectMany(entries => entries)
                .Where(query.Matches)
                .Select(entry => (Position: new DirectoryPosition(entry.CreatedAt, entry.Id), Message: BuildMessages.Of(entry))))
            .OrderByDescending(build => build.Position)
            .Select(build => build.Message);
    }

    /// <summary>The build as it stands; null when there is none, or none that can be read: the others are listed without it.</summary>
    private async Task<BuildSnapshot?> FindRunningAsync(Guid buildId, CancellationToken cancellationToken)
    {
        try
        {
            return await follower.FindAsync(buildId, cancellationToken);
        }
        catch (UnreadableStateException)
        {
            return null;
        }
    }
}
