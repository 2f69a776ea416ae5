using System.Runtime.InteropServices;
using ImageBuilder.Builds.Lifecycle;
using ImageBuilder.Grains.Messages;

namespace ImageBuilder.Grains.Directory;

/// <summary>
/// The pages of a shard in short, in memory: 64 bytes a build. A list is found here, page by page from the newest, and only what is then
/// shown is read.
/// </summary>
internal sealed class HistoryIndex
{
    /// <summary>Sequences in a page. The number is part of what is stored and never changes.</summary>
    public const int PageSize = 64;

    private readonly SortedList<long, Page> _pages = [];

    /// <summary>Whether the page is known.</summary>
    public bool Has(long page) => _pages.ContainsKey(page);

    /// <summary>Makes a page known.</summary>
    public void Set(long page, HistoryPage content)
    {
        var rows = content.Rows;
        _pages[page] = new Page(
            content.Start,
            ImmutableCollectionsMarshal.AsArray(rows)!,
            rows.IsEmpty ? long.MaxValue : rows.Min(row => row.Created),
            rows.IsEmpty ? long.MinValue : rows.Max(row => row.Created));
    }

    /// <summary>Forgets a page.</summary>
    public void Remove(long page) => _pages.Remove(page);

    /// <summary>The rows of a page from a sequence on.</summary>
    public IEnumerable<(long Sequence, HistoryRow Row)> Rows(long page, long sequence)
    {
        var (start, rows) = (_pages[page].Start, _pages[page].Rows);
        for (var index = Math.Max(0, sequence - start); index < rows.Length; index++)
        {
            yield return (start + index, rows[index]);
        }
    }

    /// <summary>Adds what a query looks for, of the sequences from <paramref name="start"/> to before <paramref name="end"/>, to <paramref name="newest"/>.</summary>
    public void Find(DirectoryQuery query, long start, long end, Func<Guid, bool> isElsewhere, NewestHits newest)
    {
        var filter = new RowFilter(query);
        for (var number = _pages.Count - 1; number >= 0; number--)
        {
            var page = _pages.GetValueAtIndex(number);
            if (page.Newest < filter.From || page.Oldest >= filter.Before || page.Oldest > filter.LastCreated || !newest.MayTake(page.Newest))
            {
                continue;
            }

            for (var index = page.Rows.Length - 1; index >= 0; index--)
            {
                ref readonly var row = ref page.Rows[index];
                var sequence = page.Start + index;
                if (sequence >= start && sequence < end && filter.Matches(in row) && newest.MayTake(row.Created) && !isElsewhere(row.Id))
                {
                    newest.Add(new DirectoryHit(row.Position, IsRunning: false, sequence));
                }
            }
        }
    }

    private sealed record Page(long Start, HistoryRow[] Rows, long Oldest, long Newest);

    /// <summary>A query in the terms of rows.</summary>
    private readonly struct RowFilter
    {
        private readonly ulong? _reference;
        private readonly ulong? _owner;
        private readonly uint _statuses;
        private readonly uint _reasons;
        private readonly DirectoryPosition? _before;

        public RowFilter(DirectoryQuery query)
        {
            _reference = query.Ref.Length == 0 ? null : HistoryRow.Hash(query.Ref);
            _owner = query.Owner.Length == 0 ? null : HistoryRow.Hash(query.Owner);
            _statuses = query.Statuses.IsEmpty ? uint.MaxValue : query.Statuses.Aggregate(0u, (mask, status) => mask | (1u << (int)status));
            _reasons = query.Reasons.IsEmpty ? uint.MaxValue : query.Reasons.Aggregate(0u, (mask, reason) => mask | (1u << HistoryRow.ReasonCode(reason)));
            _before = query.Before;
            From = query.CreatedFrom?.UtcTicks ?? long.MinValue;
            Before = query.CreatedBefore?.UtcTicks ?? long.MaxValue;
            LastCreated = query.Before?.CreatedAt.UtcTicks ?? long.MaxValue;
        }

        public long From { get; }

        public long Before { get; }

        public long LastCreated { get; }

        public bool Matches(in HistoryRow row) =>
            row.Created >= From
            && row.Created < Before
            && row.Created <= LastCreated
            && (_statuses & (1u << row.Status)) != 0
            && (_reasons & (1u << row.Reason)) != 0
            && (_owner is null || row.Owner == _owner)
            && (_reference is null || row.WorkspaceRef == _reference || row.BaseRef == _reference)
            && (_before is not { } before || row.Position < before);
    }
}
