using ImageBuilder.Grains.Messages;
using Orleans.Concurrency;

namespace ImageBuilder.Grains;

/// <summary>A queue, named by the grain's key: admits waiting builds as the limits allow. It knows waiting and running builds only.</summary>
[Alias("imagebuilder.IQueueGrain")]
public interface IQueueGrain : IGrainWithStringKey
{
    /// <summary>The queue of all builds.</summary>
    const string Default = "default";

    /// <summary>
    /// Whether it is the build's turn: as soon as it is, or as things stand after <paramref name="wait"/>. The first call gives the build its place;
    /// a build that does not ask again for <see cref="ImageBuilder.Builds.BuildOptions.QueueCheckPeriod"/> loses it. Cancelling ends the wait. Every call may be repeated.
    /// </summary>
    [AlwaysInterleave]
    [Alias("Wait")]
    Task<QueueTurn> Wait(QueueTicket ticket, TimeSpan wait, CancellationToken cancellationToken = default);

    /// <summary>Notes that a build runs already, for one that was admitted before this queue knew of it.</summary>
    [AlwaysInterleave]
    [Alias("Hold")]
    Task Hold(QueueTicket ticket);

    /// <summary>Takes a build out, whether it waits or runs; does nothing when it is not there.</summary>
    [AlwaysInterleave]
    [Alias("Leave")]
    Task Leave(Guid buildId);

    /// <summary>What runs and waits.</summary>
    [AlwaysInterleave]
    [Alias("Get")]
    Task<QueueSnapshot> Get();
}
