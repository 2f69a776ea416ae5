using ImageBuilder.Builds;
using ImageBuilder.Builds.Queue;

namespace ImageBuilder.Grains.Messages;

/// <summary>A build that waits for its turn, or runs.</summary>
/// <param name="BuildId">The build.</param>
/// <param name="Owner">On whose behalf it runs; empty for nobody's.</param>
/// <param name="Priority">Whether somebody waits for it.</param>
/// <param name="Since">Its place among others of its owner: when its order was accepted; of a running build, when its turn came.</param>
/// <param name="WaitingSince">When it began to wait, which is what the limit to waiting counts from.</param>
[GenerateSerializer]
[Immutable]
[Alias("imagebuilder.QueueTicket")]
public sealed record QueueTicket(
    [property: Id(0)] Guid BuildId,
    [property: Id(1)] string Owner,
    [property: Id(2)] BuildPriority Priority,
    [property: Id(3)] DateTimeOffset Since,
    [property: Id(4)] DateTimeOffset WaitingSince)
{
    internal static QueueTicket From(QueueEntry entry) => new(entry.BuildId, entry.Owner, entry.Priority, entry.Since, entry.Since);

    internal QueueEntry ToEntry() => new(BuildId, Owner, Priority, Since);
}
