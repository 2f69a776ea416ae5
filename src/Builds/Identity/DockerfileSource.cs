namespace ImageBuilder.Builds.Identity;

/// <summary>A Dockerfile in a git repository, as a client named it; together these values identify the image that comes of it.</summary>
/// <param name="RemoteUri">URI of the repository.</param>
/// <param name="CloneTarget">Commit or branch; empty for the remote's HEAD.</param>
/// <param name="DockerfileVersion">A text that changes when the Dockerfile does.</param>
/// <param name="DockerfilePath">Path of the Dockerfile in the repository.</param>
/// <param name="ContextPath">Path of the build context in the repository; empty for the Dockerfile's folder.</param>
public sealed record DockerfileSource(
    string RemoteUri,
    string CloneTarget,
    string DockerfileVersion,
    string DockerfilePath,
    string ContextPath);
