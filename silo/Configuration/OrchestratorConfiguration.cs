using ImageBuilder.Silo.Configuration.Rules;

namespace ImageBuilder.Silo.Configuration;

/// <summary>What is built and where it goes; the old service's section <c>orchestrator</c>.</summary>
internal sealed record OrchestratorConfiguration
{
    /// <summary>The workspace manager. The process launcher needs none. Default: none.</summary>
    public WorkspaceManagerConfiguration? Wsman { get; init; }

    /// <summary>The Kubernetes secret that holds the registries' credentials, for launchers that run in a cluster. Default: none.</summary>
    public string? PullSecret { get; init; }

    /// <summary>The docker config file that holds the registries' credentials; it must exist, and is read again when it changes. Default: none.</summary>
    [ReadableFile]
    public string? PullSecretFile { get; init; }

    /// <summary>The repository that images built from Dockerfiles are pushed to, without tag and digest. Required.</summary>
    public required ImageRepository BaseImageRepository { get; init; }

    /// <summary>The repository that workspace images are pushed to, without tag and digest. Required.</summary>
    public required ImageRepository WorkspaceImageRepository { get; init; }

    /// <summary>The image that holds bob, for launchers that run in containers; sent as it is written. Default: none.</summary>
    public string? BuilderImage { get; init; }

    /// <summary>Whether the machine's AWS identity opens ECR registries. Default: false.</summary>
    [Key("enableAdditionalECRAuth")]
    public bool EnableAdditionalEcrAuth { get; init; }

    /// <summary>The bucket of the old service's subassemblies; accepted so that its file is read unchanged. Default: none.</summary>
    public string? SubassemblyBucketName { get; init; }

    /// <summary>The prefix in the bucket of the old service's subassemblies; accepted so that its file is read unchanged. Default: none.</summary>
    public string? SubassemblyBucketPrefix { get; init; }
}
