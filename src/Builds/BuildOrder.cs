namespace ImageBuilder.Builds;

/// <summary>What a build is to make, without any secret: this is what is stored.</summary>
/// <param name="WorkspaceRef">The image to make.</param>
/// <param name="BaseRef">The image it stands on: of the base repository when a Dockerfile is built, any digested image otherwise.</param>
/// <param name="Context">The build context; null when <paramref name="BaseRef"/> is an image that exists already.</param>
/// <param name="BuildBase">Whether the base image is to be built from the Dockerfile; false when it exists already.</param>
/// <param name="NoCache">Whether layers of earlier builds may not be used.</param>
/// <param name="Owner">On whose behalf the build runs.</param>
/// <param name="SupervisorRef">Passed through to launchers that start workspaces.</param>
public sealed record BuildOrder(
    string WorkspaceRef,
    string BaseRef,
    BuildContextSource? Context,
    bool BuildBase,
    bool NoCache,
    string Owner,
    string SupervisorRef)
{
    /// <summary>What the Dockerfile is built with; default nothing.</summary>
    public BuildExtras Extras { get; init; } = BuildExtras.None;
}
