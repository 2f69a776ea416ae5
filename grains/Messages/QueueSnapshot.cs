using System.Collections.Immutable;
using ImageBuilder.Builds.Queue;

namespace ImageBuilder.Grains.Messages;

/// <summary>A queue as it stands.</summary>
/// <param name="Concurrency">See <see cref="QueueLimits.Concurrency"/>.</param>
/// <param name="ConcurrencyPerOwner">See <see cref="QueueLimits.ConcurrencyPerOwner"/>.</param>
/// <param name="WaitingDeadline">See <see cref="QueueLimits.WaitingDeadline"/>.</param>
/// <param name="Running">The builds that hold a place.</param>
/// <param name="Waiting">The builds that wait, the next in line first.</param>
[GenerateSerializer]
[Immutable]
[Alias("imagebuilder.QueueSnapshot")]
public sealed record QueueSnapshot(
    [property: Id(0)] int Concurrency,
    [property: Id(1)] int ConcurrencyPerOwner,
    [property: Id(2)] TimeSpan? WaitingDeadline,
    [property: Id(3)] ImmutableArray<QueueTicket> Running,
    [property: Id(4)] ImmutableArray<QueueTicket> Waiting);
