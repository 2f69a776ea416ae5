using System.Collections.Immutable;

namespace ImageBuilder.Grains.Messages;

/// <summary>What a page of the history holds, in short.</summary>
/// <param name="Start">Sequence of the first row.</param>
/// <param name="Rows">The builds of the page, in the order of their ends.</param>
[GenerateSerializer]
[Immutable]
[Alias("imagebuilder.HistoryPage")]
public sealed record HistoryPage(
    [property: Id(0)] long Start,
    [property: Id(1)] ImmutableArray<HistoryRow> Rows);
