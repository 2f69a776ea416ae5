using System.Net;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace ImageBuilder.Registry.Transport;

/// <summary>Makes the handlers that connect to registries.</summary>
public static class RegistryHttpHandler
{
    // What a registry says of a request fits in a few kilobytes; the longest of it are the addresses of blob stores.
    private const int MaximumHeaders = 64;

    /// <summary>
    /// A handler that trusts the CA bundles of <paramref name="options"/> beside the system's authorities, goes through the proxies of the environment
    /// (<c>HTTP_PROXY</c>, <c>HTTPS_PROXY</c>, <c>ALL_PROXY</c>, <c>NO_PROXY</c>; never to loopback), follows no redirect and keeps no cookie. For callers that
    /// send requests to registries themselves; <see cref="Client.RegistryClient"/> has its own.
    /// </summary>
    /// <exception cref="TransportSettingsException">A CA bundle cannot be read, or a variable that names a proxy is no address.</exception>
    public static SocketsHttpHandler Create(RegistryTransportOptions options) =>
        Create(CaBundles.Read(options.CaBundles), EnvironmentProxy.Read(Environment.GetEnvironmentVariable));

    internal static SocketsHttpHandler Create(CaBundles authorities, IWebProxy? proxy) => new()
    {
        AllowAutoRedirect = false,
        UseCookies = false,
        ConnectTimeout = TimeSpan.FromSeconds(10),
        // Registries move behind their names.
        PooledConnectionLifetime = TimeSpan.FromMinutes(5),
        MaxResponseHeadersLength = MaximumHeaders,
        Proxy = proxy,
        UseProxy = proxy is not null,
        SslOptions = new SslClientAuthenticationOptions
        {
            // A certificate names where its issuer's can be had; nobody who serves one is to make us fetch from there.
            CertificateChainPolicy = new X509ChainPolicy { DisableCertificateDownloads = true, RevocationMode = X509RevocationMode.NoCheck },
            RemoteCertificateValidationCallback = authorities.IsEmpty ? null : authorities.Validate,
        },
    };
}
