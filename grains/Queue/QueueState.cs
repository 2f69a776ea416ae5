using System.Collections.Immutable;
using ImageBuilder.Grains.Messages;

namespace ImageBuilder.Grains.Queue;

/// <summary>What is stored of a queue: the builds that hold a place. Those that wait ask again.</summary>
[GenerateSerializer]
[Alias("imagebuilder.QueueState")]
public sealed record QueueState
{
    /// <summary>The builds that hold a place.</summary>
    [Id(0)]
    public ImmutableList<QueueTicket> Running { get; init; } = [];
}
