using System.Net;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace ImageBuilder.Registry.Tests.Transport;

/// <summary>A registry on loopback that speaks TLS and answers everything with 200.</summary>
internal sealed class TlsRegistry : IAsyncDisposable
{
    private readonly WebApplication _server;

    private TlsRegistry(WebApplication server) => _server = server;

    /// <summary>Its port on 127.0.0.1.</summary>
    public int Port => new Uri(_server.Urls.First()).Port;

    public static async Task<TlsRegistry> StartAsync(X509Certificate2 certificate)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => listen.UseHttps(certificate)));
        var server = builder.Build();
        server.Run(context => context.Response.WriteAsync("{}"));
        await server.StartAsync();
        return new TlsRegistry(server);
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();
}
