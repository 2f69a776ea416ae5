using System.Collections.Immutable;
using ImageBuilder.Grains.Messages;

namespace ImageBuilder.Grains.Directory;

/// <summary>
/// What is stored of a shard of the directory. Builds that end get sequences, 0 and up; the latest are here, those before are in pages
/// (<see cref="HistoryState"/>) of <see cref="HistoryIndex.PageSize"/> sequences each.
/// </summary>
[GenerateSerializer]
[Alias("imagebuilder.DirectoryState")]
public sealed record DirectoryState
{
    /// <summary>The builds that run.</summary>
    [Id(0)]
    public ImmutableDictionary<Guid, DirectoryEntry> Running { get; init; } = ImmutableDictionary<Guid, DirectoryEntry>.Empty;

    /// <summary>The builds that ended and are in no page yet, oldest first. Before there were pages, all of them.</summary>
    [Id(1)]
    public ImmutableList<DirectoryEntry> Ended { get; init; } = [];

    /// <summary>Sequence of the first of <see cref="Ended"/>.</summary>
    [Id(2)]
    public long EndedStart { get; init; }

    /// <summary>The first page that may be there.</summary>
    [Id(3)]
    public long FirstPage { get; init; }

    /// <summary>The first build that is within retention; those before it are forgotten but for the pinned.</summary>
    [Id(4)]
    public long FirstKept { get; init; }

    /// <summary>The first build whose log is kept for want of newer ones; those before it have lost theirs but for the pinned.</summary>
    [Id(5)]
    public long FirstWithLog { get; init; }

    /// <summary>The builds that are kept past retention.</summary>
    [Id(6)]
    public ImmutableDictionary<Guid, PinnedBuild> Pinned { get; init; } = ImmutableDictionary<Guid, PinnedBuild>.Empty;

    /// <summary>Builds past retention that could not be forgotten yet.</summary>
    [Id(7)]
    public ImmutableList<Guid> Unforgotten { get; init; } = [];

    /// <summary>Sequence of the build that ends next.</summary>
    internal long Next => EndedStart + Ended.Count;

    /// <summary>The state when a build that ran has ended.</summary>
    internal DirectoryState WithEnded(DirectoryEntry entry)
    {
        var ended = this with { Running = Running.Remove(entry.Id), Ended = Ended.Add(entry) };
        return entry.Pinned || Pinned.ContainsKey(entry.Id) ? ended.WithPin(entry with { Pinned = true }, Next) : ended;
    }

    /// <summary>The state when a build that has ended was pinned, or was let go: past retention, it is to be forgotten.</summary>
    internal DirectoryState WithUpdated(DirectoryEntry entry, long sequence)
    {
        var index = sequence - EndedStart;
        var isLast = index >= 0 && index < Ended.Count && Ended[(int)index].Id == entry.Id;
        var isPast = sequence < FirstKept && !entry.Pinned && Pinned.ContainsKey(entry.Id);
        return WithPin(entry, sequence) with
        {
            Ended = isLast ? Ended.SetItem((int)index, entry) : Ended,
            Unforgotten = isPast ? Unforgotten.Add(entry.Id) : Unforgotten,
        };
    }

    /// <summary>The state with a build pinned, or not, as its entry says.</summary>
    internal DirectoryState WithPin(DirectoryEntry entry, long sequence) =>
        this with { Pinned = entry.Pinned ? Pinned.SetItem(entry.Id, new PinnedBuild(entry, sequence)) : Pinned.Remove(entry.Id) };

    /// <summary>The state without the builds before <paramref name="kept"/>.</summary>
    internal DirectoryState ForgetBefore(long kept)
    {
        var cut = (int)Math.Clamp(kept - EndedStart, 0, Ended.Count);
        return this with { FirstKept = kept, Ended = Ended.RemoveRange(0, cut), EndedStart = EndedStart + cut };
    }
}

/// <summary>A build that is kept past retention.</summary>
/// <param name="Entry">As the directory lists it.</param>
/// <param name="Sequence">Its sequence; <see cref="long.MaxValue"/> before it has ended.</param>
[GenerateSerializer]
[Alias("imagebuilder.PinnedBuild")]
public sealed record PinnedBuild([property: Id(0)] DirectoryEntry Entry, [property: Id(1)] long Sequence);
