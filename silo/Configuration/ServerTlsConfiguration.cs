using ImageBuilder.Silo.Configuration.Rules;

namespace ImageBuilder.Silo.Configuration;

/// <summary>The PEM files of the gRPC listener.</summary>
internal sealed record ServerTlsConfiguration : ITlsFiles
{
    /// <summary>Path of the certificate authority that clients' certificates must come from. Default: none, and clients need no certificate.</summary>
    [CertificateFile]
    public string? CaPath { get; init; }

    /// <summary>Path of the certificate, followed by its intermediates. Required.</summary>
    [CertificateFile]
    public required string CertPath { get; init; }

    /// <summary>Path of the certificate's private key, not encrypted. Required.</summary>
    [ReadableFile]
    public required string KeyPath { get; init; }
}
