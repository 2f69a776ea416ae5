using System.Globalization;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using ImageBuilder.Silo.Configuration;

namespace ImageBuilder.Silo.Tls;

/// <summary>What one side of TLS connections shows, and whom it believes.</summary>
internal sealed class TlsCertificates
{
    /// <summary>The section of the gRPC listener's files.</summary>
    public const string OfGrpc = "server.services.grpc.tls";

    /// <summary>The section of the files of a cluster's members.</summary>
    public const string OfCluster = "cluster.tls";

    // A member serves and calls, so that one kind of certificate does for all.
    private static readonly Oid[] MemberPurposes = [new("1.3.6.1.5.5.7.3.1", "server authentication"), new("1.3.6.1.5.5.7.3.2", "client authentication")];

    private readonly X509Certificate2Collection _chain;
    private readonly X509Certificate2Collection? _authorities;

    private TlsCertificates(X509Certificate2 own, X509Certificate2Collection chain, X509Certificate2Collection? authorities)
    {
        Own = SslStreamCertificateContext.Create(own, chain, offline: true);
        (_chain, _authorities) = (chain, authorities);
    }

    /// <summary>The own certificate, with its key and its intermediates.</summary>
    public SslStreamCertificateContext Own { get; }

    /// <summary>Whether the other side must have a certificate.</summary>
    public bool AsksForCertificate => _authorities is not null;

    /// <summary>Reads the files of <paramref name="section"/>.</summary>
    /// <exception cref="ConfigurationException">They cannot be read, or are not what they should be.</exception>
    public static TlsCertificates Read(string section, ITlsFiles files)
    {
        try
        {
            return Parse(section, TlsTexts.Read(files));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw Refuse(section, $"must name files that the service can read; {error.Message}");
        }
    }

    /// <summary>Makes certificates of what the files of <paramref name="section"/> say.</summary>
    /// <exception cref="ConfigurationException">It is not what it should be. The message shows nothing of it.</exception>
    public static TlsCertificates Parse(string section, TlsTexts texts)
    {
        var chain = Import(texts.Certificates, $"{section}.certPath");
        var authorities = texts.Authorities is null ? null : Import(texts.Authorities, $"{section}.caPath");
        try
        {
            return new TlsCertificates(X509Certificate2.CreateFromPem(texts.Certificates, texts.Key), chain, authorities);
        }
        // ArgumentException: the key is of another certificate.
        catch (Exception error) when (error is CryptographicException or ArgumentException)
        {
            throw Refuse($"{section}.keyPath", "must be the path of a PEM file with the private key, not encrypted, of the first certificate in certPath");
        }
    }

    /// <summary>Why the other side's certificate does not come from the authorities or is not valid now, in one line; null when nothing is wrong.</summary>
    /// <param name="certificate">The certificate.</param>
    /// <param name="sent">What came along with it.</param>
    public string? FindProblem(X509Certificate2 certificate, X509Certificate2Collection? sent) => FindProblem(certificate, sent, []);

    /// <summary>As <see cref="FindProblem(X509Certificate2, X509Certificate2Collection?)"/>, for a certificate that must be good for servers and clients.</summary>
    public string? FindMemberProblem(X509Certificate2 certificate, X509Certificate2Collection? sent) => FindProblem(certificate, sent, MemberPurposes);

    /// <summary>Why other members would not believe the own certificate; null when they would.</summary>
    public string? FindOwnProblem() => FindMemberProblem(Own.TargetCertificate, _chain);

    private string? FindProblem(X509Certificate2 certificate, X509Certificate2Collection? sent, Oid[] purposes)
    {
        using var path = new X509Chain();
        path.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        path.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        path.ChainPolicy.DisableCertificateDownloads = true;
        path.ChainPolicy.CustomTrustStore.AddRange(_authorities ?? []);
        path.ChainPolicy.ExtraStore.AddRange(sent ?? []);
        foreach (var purpose in purposes)
        {
            path.ChainPolicy.ApplicationPolicy.Add(purpose);
        }

        return path.Build(certificate)
            ? null
            : string.Create(
                CultureInfo.InvariantCulture,
                $"{string.Join("; ", path.ChainStatus.Select(status => status.StatusInformation.Trim()).Distinct())} (it is valid from {certificate.NotBefore.ToUniversalTime():u} to {certificate.NotAfter.ToUniversalTime():u})");
    }

    private static X509Certificate2Collection Import(string text, string key)
    {
        var certificates = new X509Certificate2Collection();
        try
        {
            certificates.ImportFromPem(text);
        }
        catch (CryptographicException)
        {
            // Told below.
        }

        return certificates.Count > 0 ? certificates : throw Refuse(key, "must be the path of a PEM file of certificates, each of which can be read");
    }

    private static ConfigurationException Refuse(string key, string message) => new(new ConfigurationError(key, message));
}
