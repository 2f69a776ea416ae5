using System.Collections.Immutable;
using ImageBuilder.Grains.Messages;

namespace ImageBuilder.Grains.Directory;

/// <summary>The newest of the hits that are added, at most <paramref name="limit"/>.</summary>
internal sealed class NewestHits(int limit)
{
    // The oldest comes out first.
    private readonly PriorityQueue<DirectoryHit, DirectoryPosition> _hits = new();

    /// <summary>Whether a build accepted at this time could be among them, in ticks of UTC.</summary>
    public bool MayTake(long created) => _hits.Count < limit || created >= _hits.Peek().Position.CreatedAt.UtcTicks;

    /// <summary>Adds a hit, and lets the oldest go when there are too many.</summary>
    public void Add(DirectoryHit hit)
    {
        if (_hits.Count < limit)
        {
            _hits.Enqueue(hit, hit.Position);
        }
        else
        {
            _hits.EnqueueDequeue(hit, hit.Position);
        }
    }

    /// <summary>The hits, the newest first.</summary>
    public ImmutableArray<DirectoryHit> ToImmutable() =>
        [.. _hits.UnorderedItems.Select(item => item.Element).OrderByDescending(hit => hit.Position)];
}
