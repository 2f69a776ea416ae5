using ImageBuilder.Grains.Messages;
using Orleans.Concurrency;

namespace ImageBuilder.Grains;

/// <summary>One build, the grain's key: owns its lifecycle, its attempts, its deadline, its log and its outcome.</summary>
[Alias("imagebuilder.IBuildGrain")]
public interface IBuildGrain : IGrainWithGuidKey
{
    /// <summary>Accepts the order. Doing so again changes nothing.</summary>
    [Alias("Start")]
    Task Start(BuildOrderMessage order);

    /// <summary>
    /// Takes up the build if an earlier process left it unfinished, and tells how it stands; null when there is no such build.
    /// </summary>
    [Alias("TakeUp")]
    Task<DirectoryEntry?> TakeUp();

    /// <summary>
    /// The build as soon as its version is greater than <paramref name="afterVersion"/>, or as it is after <paramref name="wait"/>;
    /// null when there is no such build. Cancelling ends the wait.
    /// </summary>
    [AlwaysInterleave]
    [Alias("Watch")]
    Task<BuildSnapshot?> Watch(long afterVersion, TimeSpan wait, CancellationToken cancellationToken = default);

    /// <summary>
    /// Log bytes from <paramref name="offset"/>, at most <paramref name="maxBytes"/>: as soon as there are any, or none after
    /// <paramref name="wait"/>; null when there is no such build. Cancelling ends the wait.
    /// </summary>
    [AlwaysInterleave]
    [Alias("ReadLog")]
    Task<LogChunk?> ReadLog(long offset, int maxBytes, TimeSpan wait, CancellationToken cancellationToken = default);

    /// <summary>Ends the build; does nothing when it has ended.</summary>
    /// <param name="by">Who asks, for the message that followers read.</param>
    [AlwaysInterleave]
    [Alias("Cancel")]
    Task Cancel(string by);

    /// <summary>Forgets a build that has ended, and its log.</summary>
    [AlwaysInterleave]
    [Alias("Forget")]
    Task Forget();
}
