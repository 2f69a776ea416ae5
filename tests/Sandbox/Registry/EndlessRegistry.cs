using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace ImageBuilder.Sandbox.Registry;

/// <summary>A registry on 127.0.0.1 that has every image it is asked for by HEAD, and nothing else: as many images as anybody wants, at no cost.</summary>
internal sealed class EndlessRegistry : IAsyncDisposable
{
    private readonly WebApplication _application;
    private long _heads;

    private EndlessRegistry(WebApplication application) => _application = application;

    /// <summary>Host and port, as image references begin.</summary>
    public string Host => new Uri(_application.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First()).Authority;

    /// <summary>How often it was asked for a manifest.</summary>
    public long Heads => Interlocked.Read(ref _heads);

    /// <summary>Starts one.</summary>
    public static async Task<EndlessRegistry> StartAsync(CancellationToken cancellationToken)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Services.Configure<HostOptions>(options => options.ShutdownTimeout = TimeSpan.FromSeconds(1));
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(System.Net.IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http1));
        var registry = new EndlessRegistry(builder.Build());
        registry._application.Run(registry.AnswerAsync);
        await registry._application.StartAsync(cancellationToken);
        return registry;
    }

    /// <inheritdoc />
    public ValueTask DisposeAsync() => _application.DisposeAsync();

    private Task AnswerAsync(HttpContext context)
    {
        var (request, response) = (context.Request, context.Response);
        if (request.Path == "/v2/")
        {
            return Task.CompletedTask;
        }

        if (!HttpMethods.IsHead(request.Method) || !request.Path.Value!.Contains("/manifests/", StringComparison.Ordinal))
        {
            response.StatusCode = StatusCodes.Status404NotFound;
            return Task.CompletedTask;
        }

        Interlocked.Increment(ref _heads);
        response.ContentType = "application/vnd.oci.image.manifest.v1+json";
        response.ContentLength = 500;
        response.Headers["Docker-Content-Digest"] = "sha256:" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(request.Path.Value)));
        return Task.CompletedTask;
    }
}
