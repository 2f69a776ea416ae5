using ImageBuilder.Grains.Messages;

namespace ImageBuilder.Grains;

/// <summary>
/// One image reference on one platform (<see cref="ReferenceKey"/>): knows its digest, for each credential it was asked with, and asks the
/// registry once however many ask it.
/// </summary>
[Alias("imagebuilder.IReferenceGrain")]
public interface IReferenceGrain : IGrainWithStringKey
{
    /// <summary>The digest of the reference as the caller may see it.</summary>
    [Alias("Resolve")]
    Task<ResolveAnswer> Resolve(ResolveQuery query);
}
