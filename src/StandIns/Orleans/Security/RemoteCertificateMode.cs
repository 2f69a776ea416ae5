namespace Orleans.Connections.Security;

/// <summary>Whether the other side shows a certificate.</summary>
public enum RemoteCertificateMode
{
    /// <summary>It is not asked for one.</summary>
    NoCertificate,

    /// <summary>It may.</summary>
    AllowCertificate,

    /// <summary>It must.</summary>
    RequireCertificate,
}
