using ImageBuilder.Grains.Messages;

namespace ImageBuilder.Grains;

/// <summary>
/// One image reference, on one platform or as the manifest that it names (<see cref="ReferenceKey"/>): knows its digest, for each credential it was
/// asked with, and asks the registry once however many ask it.
/// </summary>
[Alias("imagebuilder.IReferenceGrain")]
public interface IReferenceGrain : IGrainWithStringKey
{
    /// <summary>
    /// The digest of the reference as the caller may see it. Answers within 10 s, if need be with <see cref="ResolveOutcome.Waiting"/>;
    /// <see cref="ReferenceQuestion"/> puts the question until it is answered.
    /// </summary>
    [Alias("Resolve")]
    Task<ResolveAnswer> Resolve(ResolveQuery query);

    /// <summary>
    /// Resolves ahead of need, with the installation's credential and without one, unless that was done within half of <paramref name="interval"/>. The answers
    /// count as fresh for the interval, for callers who come with the same credential.
    /// </summary>
    /// <returns>The better of the two answers.</returns>
    [Alias("Precache")]
    Task<ResolveAnswer> Precache(TimeSpan interval);
}
