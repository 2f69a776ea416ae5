using System.Collections.Immutable;
using ImageBuilder.Builds;
using ImageBuilder.Builds.Lifecycle;
using ImageBuilder.Grains.Messages;
using ImageBuilder.Registry.Credentials;

namespace ImageBuilder.Grains.Builds;

/// <summary>What is stored of a build. Nothing secret is in it.</summary>
[GenerateSerializer]
[Alias("imagebuilder.BuildState")]
public sealed record BuildState
{
    /// <summary>What the build makes; null before it was accepted.</summary>
    [Id(0)]
    public StoredOrder? Order { get; init; }

    /// <summary>Where the build stands.</summary>
    [Id(1)]
    public BuildStatus Status { get; init; }

    /// <summary>Grows by one with every transition.</summary>
    [Id(2)]
    public long Version { get; init; }

    /// <summary>The attempt that is going on or was last made; 0 before the first.</summary>
    [Id(3)]
    public int Attempt { get; init; }

    /// <summary>Where the log of that attempt begins in the log of the build.</summary>
    [Id(4)]
    public long AttemptLogStart { get; init; }

    /// <summary>Whether the order came with secrets, which an attempt after a restart would lack.</summary>
    [Id(5)]
    public bool HadSecrets { get; init; }

    /// <summary>When the order was accepted.</summary>
    [Id(6)]
    public DateTimeOffset CreatedAt { get; init; }

    /// <summary>When the build ended.</summary>
    [Id(7)]
    public DateTimeOffset? FinishedAt { get; init; }

    /// <summary>Digest of the image.</summary>
    [Id(8)]
    public string? Digest { get; init; }

    /// <summary>Why there is no image.</summary>
    [Id(9)]
    public BuildFailureMessage? Failure { get; init; }
}

/// <summary>What is stored of an order: which of the installation's credentials it may use, but no credential.</summary>
[GenerateSerializer]
[Alias("imagebuilder.StoredOrder")]
public sealed record StoredOrder(
    [property: Id(0)] string WorkspaceRef,
    [property: Id(1)] string BaseRef,
    [property: Id(2)] BuildContextMessage? Context,
    [property: Id(3)] bool BuildBase,
    [property: Id(4)] bool NoCache,
    [property: Id(5)] string Owner,
    [property: Id(6)] string SupervisorRef,
    [property: Id(7)] bool AllowAll,
    [property: Id(8)] ImmutableArray<string> AllowedHosts)
{
    internal static StoredOrder From(BuildOrderMessage order) => new(
        order.WorkspaceRef, order.BaseRef, order.Context, order.BuildBase, order.Force, order.Owner, order.SupervisorRef,
        order.Access.AllowAll, order.Access.AllowedHosts);

    internal BuildOrder ToOrder() => new(WorkspaceRef, BaseRef, Context?.ToSource(), BuildBase, NoCache, Owner, SupervisorRef);

    /// <summary>The secrets of an order that came with none.</summary>
    internal BuildSecrets ToSecrets() => new(
        new RegistryAccess { AllowAll = AllowAll, AllowedHosts = AllowedHosts }, GitPassword: string.Empty, GitOneTimeSecretUrl: string.Empty);
}
