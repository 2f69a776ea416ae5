using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace ImageBuilder.Sandbox.Registry;

/// <summary>A certificate authority of one run, which no other program trusts unless told to. Its key never leaves the process.</summary>
public sealed class PrivateAuthority : IDisposable
{
    private static readonly Oid ForServers = new("1.3.6.1.5.5.7.3.1");
    private static readonly Oid ForClients = new("1.3.6.1.5.5.7.3.2");

    private readonly X509Certificate2 _certificate;

    private PrivateAuthority(X509Certificate2 certificate, string folder)
    {
        _certificate = certificate;
        Folder = folder;
        File.WriteAllText(CertificateFile, certificate.ExportCertificatePem());
    }

    /// <summary>A folder with the authority's certificate and nothing else, as <c>skopeo --cert-dir</c> wants it.</summary>
    public string Folder { get; }

    /// <summary>The authority's certificate (PEM).</summary>
    public string CertificateFile => Path.Combine(Folder, "ca.crt");

    /// <summary>An authority whose certificate is written below <paramref name="folder"/>, which is created if missing.</summary>
    public static PrivateAuthority Create(string folder)
    {
        Directory.CreateDirectory(folder);
        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=imagebuilder sandbox authority", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: true, pathLengthConstraint: 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.DigitalSignature, critical: true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        var now = TimeProvider.System.GetUtcNow();
        return new PrivateAuthority(request.CreateSelfSigned(now.AddHours(-1), now.AddDays(2)), folder);
    }

    /// <summary>A certificate with its key, good for signing and for servers: those on loopback, or the one that is called <paramref name="host"/>.</summary>
    public X509Certificate2 Issue(string name, string? host = null)
    {
        var names = new SubjectAlternativeNameBuilder();
        if (host is null)
        {
            names.AddIpAddress(IPAddress.Loopback);
            names.AddIpAddress(IPAddress.IPv6Loopback);
            names.AddDnsName("localhost");
        }
        else
        {
            names.AddDnsName(host);
        }

        return Issue(name, [names.Build(), new X509EnhancedKeyUsageExtension([ForServers], critical: false)], _certificate.NotAfter);
    }

    /// <summary>Writes the certificate and the key of a member of a cluster, as <c>NAME.crt</c> and <c>NAME.key</c>: it has no host's name.</summary>
    /// <param name="folder">Where.</param>
    /// <param name="name">The files' name, and the certificate's.</param>
    /// <param name="forClients">Whether it is good for clients too, as a member's has to be.</param>
    /// <param name="notAfter">When it ends; null with the authority.</param>
    public (string Certificate, string Key) WriteMember(string folder, string name, bool forClients = true, DateTimeOffset? notAfter = null)
    {
        using var certificate = Issue(
            name, [new X509EnhancedKeyUsageExtension(forClients ? [ForServers, ForClients] : [ForServers], critical: false)], notAfter ?? _certificate.NotAfter);
        using var key = certificate.GetRSAPrivateKey()!;
        var files = (Certificate: Path.Combine(folder, $"{name}.crt"), Key: Path.Combine(folder, $"{name}.key"));
        File.WriteAllText(files.Certificate, certificate.ExportCertificatePem());
        File.WriteAllText(files.Key, key.ExportPkcs8PrivateKeyPem());
        return files;
    }

    /// <inheritdoc />
    public void Dispose() => _certificate.Dispose();

    private X509Certificate2 Issue(string name, IEnumerable<X509Extension> extensions, DateTimeOffset notAfter)
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: false, hasPathLengthConstraint: false, pathLengthConstraint: 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature | X509KeyUsageFlags.KeyEncipherment, critical: true));
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(_certificate, includeKeyIdentifier: true, includeIssuerAndSerial: false));
        foreach (var extension in extensions)
        {
            request.CertificateExtensions.Add(extension);
        }

        using var certificate = request.Create(_certificate, _certificate.NotBefore, notAfter, RandomNumberGenerator.GetBytes(16));
        return certificate.CopyWithPrivateKey(key);
    }
}
