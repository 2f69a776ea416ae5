using ImageBuilder.Builds;

namespace ImageBuilder.Grains.Messages;

/// <summary>An order for a build on its way to the grain that runs it; see <see cref="BuildOrder"/> and <see cref="BuildSecrets"/>.</summary>
/// <param name="WorkspaceRef">The image to make.</param>
/// <param name="BaseRef">The image it stands on.</param>
/// <param name="Context">The build context; null when the base image exists already.</param>
/// <param name="BuildBase">Whether the base image is to be built.</param>
/// <param name="Force">Whether the image is built although it exists, and without layers of earlier builds.</param>
/// <param name="Owner">On whose behalf the build runs.</param>
/// <param name="SupervisorRef">Passed through to launchers that start workspaces.</param>
/// <param name="Access">Which registry credentials the build may use.</param>
/// <param name="GitPassword">Password for the repository; empty for none.</param>
/// <param name="GitOneTimeSecretUrl">URL that gives "user:password" once; empty for none.</param>
[GenerateSerializer]
[Immutable]
[Alias("imagebuilder.BuildOrder")]
public sealed record BuildOrderMessage(
    [property: Id(0)] string WorkspaceRef,
    [property: Id(1)] string BaseRef,
    [property: Id(2)] BuildContextMessage? Context,
    [property: Id(3)] bool BuildBase,
    [property: Id(4)] bool Force,
    [property: Id(5)] string Owner,
    [property: Id(6)] string SupervisorRef,
    [property: Id(7)] RegistryAccessMessage Access,
    [property: Id(8)] string GitPassword,
    [property: Id(9)] string GitOneTimeSecretUrl)
{
    /// <summary>Whether somebody waits for the build.</summary>
    [Id(10)]
    public BuildPriority Priority { get; init; }

    /// <summary>
    /// How long the build may take from its acceptance, waiting included; null for as long as the installation allows, which bounds it in any case.
    /// </summary>
    [Id(11)]
    public TimeSpan? Deadline { get; init; }

    /// <summary>Whether layers of earlier builds may not be used, as with <see cref="Force"/>, which implies it.</summary>
    [Id(12)]
    public bool NoCache { get; init; }

    /// <summary>What the Dockerfile is built with; null for nothing.</summary>
    [Id(13)]
    public BuildExtrasMessage? Extras { get; init; }

    /// <inheritdoc />
    public override string ToString() => $"BuildOrder {{ {WorkspaceRef} }}";

    internal BuildSecrets ToSecrets() => new(Access.ToAccess(), GitPassword, GitOneTimeSecretUrl);
}
