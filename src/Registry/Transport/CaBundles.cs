using System.Collections.Immutable;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace ImageBuilder.Registry.Transport;

/// <summary>Certificate authorities that are trusted beside the system's, by this process alone.</summary>
internal sealed class CaBundles
{
    private static readonly Oid ServerAuthentication = new("1.3.6.1.5.5.7.3.1");

    private readonly ImmutableArray<CaBundle> _bundles;

    private CaBundles(ImmutableArray<CaBundle> bundles) => _bundles = bundles;

    /// <summary>Whether there are none.</summary>
    public bool IsEmpty => _bundles.IsEmpty;

    /// <summary>Reads the files at <paramref name="paths"/>.</summary>
    /// <exception cref="TransportSettingsException">One cannot be read.</exception>
    public static CaBundles Read(ImmutableArray<string> paths) => new([.. paths.Select(path => new CaBundle(path))]);

    /// <summary>Accepts what the system's authorities vouch for, and else what one of these does; for the right name in both cases.</summary>
    /// <exception cref="AuthenticationException">It does not, and says why, where false would only say that.</exception>
    public bool Validate(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        if (errors == SslPolicyErrors.None)
        {
            return true;
        }

        if (errors != SslPolicyErrors.RemoteCertificateChainErrors || certificate is null || chain is null)
        {
            throw new AuthenticationException(
                errors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch) ? "its certificate is another host's (RemoteCertificateNameMismatch)" : "it has no certificate");
        }

        using var own = new X509Chain();
        own.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        own.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        own.ChainPolicy.DisableCertificateDownloads = true;
        own.ChainPolicy.ApplicationPolicy.Add(ServerAuthentication);
        // What the server sent along.
        own.ChainPolicy.ExtraStore.AddRange(chain.ChainPolicy.ExtraStore);
        foreach (var bundle in _bundles)
        {
            own.ChainPolicy.CustomTrustStore.AddRange(bundle.Authorities);
        }

        using var leaf = new X509Certificate2(certificate);
        return own.Build(leaf)
            ? true
            : throw new AuthenticationException(
                $"its certificate is vouched for neither by the system's authorities nor by those of the CA bundles: {string.Join("; ", own.ChainStatus.Select(status => status.StatusInformation.Trim()))}");
    }
}
