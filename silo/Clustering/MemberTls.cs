using System.Net;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using ImageBuilder.Silo.Configuration;
using ImageBuilder.Silo.Tls;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orleans.Configuration;
using Orleans.Connections.Security;
using Orleans.Hosting;

namespace ImageBuilder.Silo.Clustering;

/// <summary>
/// TLS between the members of a cluster: each side shows a certificate, which must come from the cluster's authority, be valid and be good for both sides. Names are not
/// compared: a silo is reached at its pod's address, which no certificate can know ahead, and which of the members it is does not matter.
/// </summary>
internal sealed partial class MemberTls
{
    private readonly CertificateFiles _files;
    private readonly ILogger _logger;

    /// <summary>Reads the certificates.</summary>
    public MemberTls(ClusterTlsConfiguration configuration, TimeProvider clock, ILogger<CertificateFiles> filesLogger, ILogger<MemberTls> logger)
    {
        _files = new CertificateFiles(TlsCertificates.OfCluster, configuration, clock, filesLogger);
        _logger = logger;
        Options = new TlsOptions
        {
            RemoteCertificateMode = RemoteCertificateMode.RequireCertificate,
            RemoteCertificateValidation = (certificate, chain, _) => IsMember(certificate, chain),
            LocalServerCertificateSelector = (_, _) => _files.Current.Own.TargetCertificate,
            OnAuthenticateAsServer = (_, options) => ShowAsServer((SslServerAuthenticationOptions)options.SslServerAuthenticationOptions),
            OnAuthenticateAsClient = (_, options) => ((SslClientAuthenticationOptions)options.SslClientAuthenticationOptions).ClientCertificateContext = _files.Current.Own,
        };
    }

    private TlsOptions Options { get; }

    /// <summary>Has a silo speak TLS, to silos and gateways; with no configuration, nothing.</summary>
    public static void Use(ISiloBuilder silo, ClusterTlsConfiguration? configuration)
    {
        if (configuration is null)
        {
            return;
        }

        Add(silo.Services, configuration);
        silo.Configure<SiloConnectionOptions>(options =>
        {
            options.ConfigureSiloInboundConnection(Accept);
            options.ConfigureGatewayInboundConnection(Accept);
            options.ConfigureSiloOutboundConnection(Connect);
        });
    }

    /// <summary>Has a gateway speak TLS; with no configuration, nothing.</summary>
    public static void Use(IClientBuilder client, ClusterTlsConfiguration? configuration)
    {
        if (configuration is null)
        {
            return;
        }

        Add(client.Services, configuration);
        client.Configure<ClientConnectionOptions>(options => options.ConfigureConnection(Connect));
    }

    private static void Add(IServiceCollection services, ClusterTlsConfiguration configuration) =>
        services.AddSingleton(provider => ActivatorUtilities.CreateInstance<MemberTls>(provider, configuration));

    private static void Accept(IConnectionBuilder connections)
    {
        var tls = connections.ApplicationServices.GetRequiredService<MemberTls>();
        connections.Use(tls.Watch);
        connections.UseServerTls(tls.Options);
    }

    private static void Connect(IConnectionBuilder connections)
    {
        var tls = connections.ApplicationServices.GetRequiredService<MemberTls>();
        connections.Use(tls.Watch);
        connections.UseClientTls(tls.Options);
    }

    // Orleans says why by an exception; this says who it was and what to look at.
    private ConnectionDelegate Watch(ConnectionDelegate next) => async connection =>
    {
        await next(connection);
        if (connection.Features.Get<ITlsHandshakeFeature>() is not { Protocol: not SslProtocols.None })
        {
            LogNoTls(_logger, connection.RemoteEndPoint);
        }
    };

    // With the intermediates, which a selected certificate goes without.
    private void ShowAsServer(SslServerAuthenticationOptions options)
    {
        options.ServerCertificateSelectionCallback = null;
        options.ServerCertificateContext = _files.Current.Own;
    }

    private bool IsMember(X509Certificate2 certificate, X509Chain? chain)
    {
        if (_files.Current.FindMemberProblem(certificate, chain?.ChainPolicy.ExtraStore) is not { } problem)
        {
            return true;
        }

        LogStranger(_logger, certificate.Thumbprint, problem);
        return false;
    }

    [LoggerMessage(1, LogLevel.Warning, "No TLS with {Address}: every silo and gateway must have cluster.tls, with a certificate that is valid and comes from the authority of cluster.tls.caPath")]
    private static partial void LogNoTls(ILogger logger, EndPoint? address);

    [LoggerMessage(2, LogLevel.Warning, "The certificate {Thumbprint} is no member's: {Problem}")]
    private static partial void LogStranger(ILogger logger, string thumbprint, string problem);
}
