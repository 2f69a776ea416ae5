using ImageBuilder.Silo.Configuration.Rules;

namespace ImageBuilder.Silo.Configuration;

/// <summary>The PEM files by which silos and gateways know each other. Whoever has a certificate of the authority is a member: the authority has to be the cluster's own.</summary>
internal sealed record ClusterTlsConfiguration : ITlsFiles
{
    /// <summary>Path of the certificate authority that every member's certificate must come from. Required.</summary>
    [CertificateFile]
    public required string CaPath { get; init; }

    /// <summary>Path of this member's certificate, good for servers and clients, followed by its intermediates. Required.</summary>
    [CertificateFile]
    public required string CertPath { get; init; }

    /// <summary>Path of the certificate's private key, not encrypted. Required.</summary>
    [ReadableFile]
    public required string KeyPath { get; init; }
}
