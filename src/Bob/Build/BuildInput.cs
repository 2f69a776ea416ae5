namespace ImageBuilder.Bob.Build;

/// <summary>What an image is made from.</summary>
/// <param name="DockerfilePath">The Dockerfile's real path, which may lie outside the context.</param>
/// <param name="Dockerfile">What is known of its text.</param>
/// <param name="Context">The real path of the build context.</param>
internal sealed record BuildInput(string DockerfilePath, Dockerfile Dockerfile, string Context);
