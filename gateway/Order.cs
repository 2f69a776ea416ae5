using ImageBuilder.Builds;
using ImageBuilder.Contracts;

namespace ImageBuilder.Gateway;

/// <summary>An order for a workspace image, as a client gave it.</summary>
internal sealed record Order
{
    /// <summary>What the image is made from.</summary>
    public required BuildSource Source { get; init; }

    /// <summary>Which registry credentials may be used; null for none.</summary>
    public required BuildRegistryAuth? Auth { get; init; }

    /// <summary>Whether the image is built although it exists, and without layers of earlier builds.</summary>
    public required bool Force { get; init; }

    /// <summary>On whose behalf the build runs.</summary>
    public required string Owner { get; init; }

    /// <summary>Whether "too many requests" is waited out when the base image is looked up.</summary>
    public required bool Patient { get; init; }

    /// <summary>Whether somebody waits for the build.</summary>
    public required BuildPriority Priority { get; init; }

    /// <summary>How long the build may take; null for as long as the installation allows.</summary>
    public required TimeSpan? Deadline { get; init; }

    /// <summary>The base image that an earlier build of the source led to, which is taken if it can be; empty when none is known.</summary>
    public string KnownBase { get; init; } = string.Empty;

    /// <summary>Passed through to launchers that start workspaces.</summary>
    public string SupervisorRef { get; init; } = string.Empty;

    /// <summary>Whether layers of earlier builds may not be used.</summary>
    public bool NoCache { get; init; }

    /// <summary>What the Dockerfile is built with.</summary>
    public BuildExtras Extras { get; init; } = BuildExtras.None;
}
