using ImageBuilder.Builds.Lifecycle;
using ImageBuilder.Grains.Directory;
using ImageBuilder.Grains.Messages;
using ImageBuilder.Grains.Tests.Hosting;

namespace ImageBuilder.Grains.Tests.Listing;

/// <summary>Shard 0 of the directory of a world, filled and asked as builds and gateways do.</summary>
internal sealed class Shard(GrainWorld world)
{
    private int _builds;

    public IBuildDirectoryGrain Grain { get; private set; } = null!;

    public DirectoryState Stored => world.Storage.All<DirectoryState>("directory").Single();

    public IEnumerable<HistoryState> StoredPages => world.Storage.All<HistoryState>("history");

    /// <summary>The shard in a new host.</summary>
    public async Task<GrainHost> StartAsync()
    {
        var host = await world.StartHostAsync();
        Grain = host.Grains.GetGrain<IBuildDirectoryGrain>(0);
        return host;
    }

    /// <summary>A build that is accepted now, a second after the one before.</summary>
    public DirectoryEntry New(string owner = "owner", string reference = "x")
    {
        world.Clock.Advance(TimeSpan.FromSeconds(1));
        _builds++;
        return new DirectoryEntry(
            Guid.NewGuid(), $"registry.test/workspace:{reference}", $"registry.test/base:{reference}", owner, world.Clock.GetUtcNow(), BuildStatus.Queued, FinishedAt: null)
        {
            Version = 1,
        };
    }

    public DirectoryEntry Ended(DirectoryEntry entry, BuildStatus status = BuildStatus.Failed, FailureReason? reason = FailureReason.BuildStepFailed) => entry with
    {
        Status = status,
        Reason = status == BuildStatus.Succeeded ? null : reason,
        FinishedAt = world.Clock.GetUtcNow(),
        Version = 4,
    };

    public async Task<DirectoryEntry> AddEndedAsync(DirectoryEntry entry, BuildStatus status = BuildStatus.Failed, FailureReason? reason = FailureReason.BuildStepFailed)
    {
        await Grain.Add(entry);
        var ended = Ended(entry, status, reason);
        await Grain.End(ended);
        return ended;
    }

    /// <summary>Lets some builds run and end, one after the other.</summary>
    public async Task<List<DirectoryEntry>> FillAsync(int count)
    {
        var entries = new List<DirectoryEntry>();
        while (entries.Count < count)
        {
            entries.Add(await AddEndedAsync(New()));
        }

        return entries;
    }

    /// <summary>Lets some builds that have states of their own end, one after the other.</summary>
    public async Task<List<DirectoryEntry>> FillWithRealAsync(GrainHost host, int count)
    {
        var entries = new List<DirectoryEntry>();
        while (entries.Count < count)
        {
            var entry = New();
            if (DirectoryShards.NumberOf(entry.Id) == 0)
            {
                await Grain.Add(entry);
                entries.Add(await host.Build(entry.Id).GiveUp(entry, "ended"));
                await Grain.End(entries[^1]);
            }
        }

        return entries;
    }

    /// <summary>All that a query looks for, page by page.</summary>
    public async Task<List<Guid>> ListAsync(DirectoryQuery query)
    {
        var found = new List<Guid>();
        while ((await Grain.Find(query)).Hits is { IsEmpty: false } hits)
        {
            hits.Length.ShouldBeLessThanOrEqualTo(query.Limit);
            found.AddRange(hits.Select(hit => hit.Position.Id));
            query = query with { Before = hits[^1].Position };
        }

        return found;
    }

    /// <summary>All that is listed, the newest first.</summary>
    public Task<List<Guid>> ListAsync() => ListAsync(DirectoryQuery.Newest(1000));
}
