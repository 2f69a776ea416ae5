using ImageBuilder.Bob.Outcomes;

namespace ImageBuilder.Bob.Build;

/// <summary>A program that makes an image from a Dockerfile. It has no credential; all registries are reached through the proxy.</summary>
internal interface IEngine : IAsyncDisposable
{
    /// <summary>Removes what killed builders left, and gets ready; the build context need not be there yet.</summary>
    /// <exception cref="BobException">The engine does not come up.</exception>
    Task PrepareAsync(CancellationToken cancellationToken);

    /// <summary>Builds the image and pushes it as the base.</summary>
    /// <exception cref="BobException">The build or the push failed.</exception>
    Task BuildAsync(BuildInput input, CancellationToken cancellationToken);
}
