namespace ImageBuilder.Silo.Configuration;

/// <summary>How to reach the workspace manager. No launcher of this version uses it, so its files need not exist.</summary>
internal sealed record WorkspaceManagerConfiguration
{
    /// <summary>Host and port. Default: none.</summary>
    public string? Address { get; init; }

    /// <summary>The certificates of the connection. Default: none.</summary>
    public WorkspaceManagerTlsConfiguration? Tls { get; init; }
}
