using System.Collections.Immutable;
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
    /// Takes up the build if an earlier process left it unfinished, and tells how it stands; null when there is no such build. It is answered at
    /// once, whatever the build is doing.
    /// </summary>
    [AlwaysInterleave]
    [Alias("TakeUp")]
    Task<DirectoryEntry?> TakeUp();

    /// <summary>
    /// Stores a build whose state was lost as failed, as far as the directory knows of it, so that it can be looked up and its log be read; ends what
    /// still runs of it. Tells how the build stands. A build that has a state keeps it.
    /// </summary>
    /// <param name="listed">As the directory lists it.</param>
    /// <param name="message">What the user reads of the failure.</param>
    [Alias("GiveUp")]
    Task<DirectoryEntry> GiveUp(DirectoryEntry listed, string message);

    /// <summary>
    /// The build as soon as its version is greater than <paramref name="afterVersion"/>, or as it is after <paramref name="wait"/>;
    /// null when there is no such build. Cancelling ends the wait.
    /// </summary>
    [AlwaysInterleave]
    [Alias("Watch")]
    Task<BuildSnapshot?> Watch(long afterVersion, TimeSpan wait, CancellationToken cancellationToken = default);

    /// <summary>
    /// Every version of the build greater than <paramref name="afterVersion"/>, in order: as soon as there is one, or none after
    /// <paramref name="wait"/>; null when there is no such build. Cancelling ends the wait. Of a build that changed more than
    /// <see cref="Builds.BuildState.MaxTransitions"/> times the first versions are no longer told.
    /// </summary>
    [AlwaysInterleave]
    [Alias("Transitions")]
    Task<ImmutableArray<BuildSnapshot>?> Transitions(long afterVersion, TimeSpan wait, CancellationToken cancellationToken = default);

    /// <summary>
    /// Log bytes from <paramref name="offset"/>, at most <paramref name="maxBytes"/>: as soon as there are any, or none after
    /// <paramref name="wait"/>; null when there is no such build. Cancelling ends the wait.
    /// </summary>
    [AlwaysInterleave]
    [Alias("ReadLog")]
    Task<LogChunk?> ReadLog(long offset, int maxBytes, TimeSpan wait, CancellationToken cancellationToken = default);

    /// <summary>
    /// Asks for the end of the build, which is stored before this answers and outlives a restart; changes nothing when the build has ended or is
    /// being cancelled. A build whose builder had done its work before it could be ended ends as it did. Gives the build as it stands; null
    /// when there is no such build.
    /// </summary>
    /// <param name="by">Who asks, for the message that followers read.</param>
    [AlwaysInterleave]
    [Alias("Cancel")]
    Task<BuildSnapshot?> Cancel(string by);

    /// <summary>
    /// Keeps the build and its log past retention, or lets them go again. Gives the build as it stands; null when there is no such build.
    /// </summary>
    [AlwaysInterleave]
    [Alias("SetPinned")]
    Task<BuildSnapshot?> SetPinned(bool pinned);

    /// <summary>
    /// Forgets the build and its log; null when that is done or there is no such build. A build that runs or is pinned is kept, and so is one whose
    /// image is being ordered at this moment: then tells how it stands.
    /// </summary>
    [AlwaysInterleave]
    [Alias("Forget")]
    Task<DirectoryEntry?> Forget();
}
