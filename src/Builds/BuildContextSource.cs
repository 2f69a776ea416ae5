namespace ImageBuilder.Builds;

/// <summary>Where the build context of a Dockerfile comes from: a git repository.</summary>
/// <param name="RemoteUri">URI of the repository; it may not carry a password.</param>
/// <param name="Target">What <paramref name="CloneTarget"/> names.</param>
/// <param name="CloneTarget">Commit or branch; empty for the remote's HEAD.</param>
/// <param name="CheckoutLocation">Folder below the workspace that the repository is checked out into; empty for the workspace itself.</param>
/// <param name="FullClone">Whether the whole history is fetched.</param>
/// <param name="Authentication">How the repository is asked for access.</param>
/// <param name="AuthUser">User for <see cref="GitAuthentication.Basic"/>; empty otherwise.</param>
/// <param name="DockerfilePath">Path of the Dockerfile below the workspace.</param>
/// <param name="ContextPath">Path of the build context below the workspace; empty for the Dockerfile's folder.</param>
public sealed record BuildContextSource(
    string RemoteUri,
    GitTarget Target,
    string CloneTarget,
    string CheckoutLocation,
    bool FullClone,
    GitAuthentication Authentication,
    string AuthUser,
    string DockerfilePath,
    string ContextPath);

/// <summary>What a clone target names.</summary>
public enum GitTarget
{
    /// <summary>The remote's HEAD.</summary>
    RemoteHead,

    /// <summary>A commit of the remote.</summary>
    RemoteCommit,

    /// <summary>A branch of the remote.</summary>
    RemoteBranch,

    /// <summary>A new branch on top of the remote's HEAD.</summary>
    LocalBranch,
}

/// <summary>How a git repository is asked for access.</summary>
public enum GitAuthentication
{
    /// <summary>Not at all.</summary>
    None,

    /// <summary>User and password.</summary>
    Basic,

    /// <summary>User and password, to be had once from a URL.</summary>
    BasicOneTimeSecret,
}
