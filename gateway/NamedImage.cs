using ImageBuilder.Grains;

namespace ImageBuilder.Gateway;

/// <summary>What the name of an image leads to.</summary>
/// <param name="RepositoryName">Its repository, normalised.</param>
/// <param name="Reference">The grain that knows its digest.</param>
internal sealed record NamedImage(string RepositoryName, IReferenceGrain Reference);
