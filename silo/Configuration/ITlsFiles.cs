namespace ImageBuilder.Silo.Configuration;

/// <summary>The PEM files of one side of TLS connections.</summary>
internal interface ITlsFiles
{
    /// <summary>Path of the certificate authorities that the other side's certificate must come from; null where it needs none.</summary>
    string? CaPath { get; }

    /// <summary>Path of the certificate, followed by its intermediates.</summary>
    string CertPath { get; }

    /// <summary>Path of the certificate's private key, not encrypted.</summary>
    string KeyPath { get; }
}
