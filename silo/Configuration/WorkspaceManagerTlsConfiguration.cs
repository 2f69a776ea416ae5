namespace ImageBuilder.Silo.Configuration;

/// <summary>The PEM files of the connection to the workspace manager.</summary>
internal sealed record WorkspaceManagerTlsConfiguration
{
    /// <summary>Path of the certificate authority. Default: none.</summary>
    public string? Ca { get; init; }

    /// <summary>Path of our certificate. Default: none.</summary>
    public string? Crt { get; init; }

    /// <summary>Path of our private key. Default: none.</summary>
    public string? Key { get; init; }
}
