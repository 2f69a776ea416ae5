using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using ImageBuilder.Silo.Configuration;
using ImageBuilder.Silo.Tls;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.DependencyInjection;

namespace ImageBuilder.Silo.Hosting;

/// <summary>The ports of the service. A connection carries a mark of the port it came by, so that each port serves its own paths alone.</summary>
internal static class Listeners
{
    // What is written and not sent yet is kept for every connection, and there may be hundreds that follow one log.
    private const int WriteBufferSize = 32 * 1024;

    private static readonly object Mark = new();

    private enum Purpose
    {
        Grpc,
        Metrics,
        Health,
        Dashboard,
    }

    /// <summary>Listens where the configuration says.</summary>
    public static void Configure(KestrelServerOptions kestrel, ServiceConfiguration configuration, ServiceRole role)
    {
        kestrel.AddServerHeader = false;
        kestrel.Limits.MaxRequestBodySize = null;
        kestrel.Limits.MinRequestBodyDataRate = null;
        kestrel.Limits.MinResponseDataRate = null;
        var grpc = configuration.Server.Services.Grpc;
        if (role != ServiceRole.Silo)
        {
            kestrel.Listen(grpc.Address.EndPoint, listen =>
            {
                MarkAs(listen, Purpose.Grpc);
                listen.Protocols = HttpProtocols.Http2;
                UseTls(listen, grpc.Tls);
            });
        }

        if (role != ServiceRole.Gateway && configuration.Dashboard.Address is { } dashboard)
        {
            // It shows what goes on in the cluster: whoever may call the service may see it, and nobody else.
            kestrel.Listen(dashboard.EndPoint, listen =>
            {
                MarkAs(listen, Purpose.Dashboard);
                UseTls(listen, grpc.Tls);
            });
        }

        kestrel.Listen(configuration.Metrics.Address.EndPoint, listen => MarkAs(listen, Purpose.Metrics));
        kestrel.Listen(configuration.Health.Address.EndPoint, listen => MarkAs(listen, Purpose.Health));
    }

    /// <summary>Sets what a connection may hold in memory.</summary>
    public static void Configure(SocketTransportOptions sockets) => sockets.MaxWriteBufferSize = WriteBufferSize;

    /// <summary>Whether a request came by the metrics port.</summary>
    public static bool IsMetrics(HttpContext context) => IsMarked(context, Purpose.Metrics);

    /// <summary>Whether a request came by the health port.</summary>
    public static bool IsHealth(HttpContext context) => IsMarked(context, Purpose.Health);

    /// <summary>Whether a request came by the dashboard's port.</summary>
    public static bool IsDashboard(HttpContext context) => IsMarked(context, Purpose.Dashboard);

    private static void UseTls(ListenOptions listen, ServerTlsConfiguration? tls)
    {
        if (tls is null)
        {
            return;
        }

        var files = ActivatorUtilities.CreateInstance<CertificateFiles>(listen.ApplicationServices, TlsCertificates.OfGrpc, tls);
        listen.UseHttps(new TlsHandshakeCallbackOptions { OnConnection = _ => new(OptionsOf(files.Current)) });
    }

    private static void MarkAs(ListenOptions listen, Purpose purpose)
    {
        if (purpose != Purpose.Grpc)
        {
            listen.Protocols = HttpProtocols.Http1;
        }

        listen.Use(next => connection =>
        {
            connection.Items[Mark] = purpose;
            return next(connection);
        });
    }

    private static bool IsMarked(HttpContext context, Purpose purpose) =>
        context.Features.Get<IConnectionItemsFeature>()?.Items.TryGetValue(Mark, out var mark) == true && mark is Purpose marked && marked == purpose;

    private static SslServerAuthenticationOptions OptionsOf(TlsCertificates certificates) => new()
    {
        ServerCertificateContext = certificates.Own,
        ClientCertificateRequired = certificates.AsksForCertificate,
        RemoteCertificateValidationCallback = certificates.AsksForCertificate
            ? (_, certificate, chain, _) => certificate is X509Certificate2 client && certificates.FindProblem(client, chain?.ChainPolicy.ExtraStore) is null
            : null,
    };
}
