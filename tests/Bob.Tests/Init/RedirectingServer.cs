using System.Collections.Concurrent;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace ImageBuilder.Bob.Tests.Init;

/// <summary>A server on loopback that sends every request elsewhere, and notes what it was sent.</summary>
internal sealed class RedirectingServer : IAsyncDisposable
{
    private readonly WebApplication _application;

    private RedirectingServer(WebApplication application) => _application = application;

    /// <summary>Its address.</summary>
    public string Url => _application.Urls.First();

    /// <summary>Every request: its path and its Authorization header.</summary>
    public ConcurrentQueue<(string Path, string Authorization)> Requests { get; } = new();

    /// <summary>Starts one.</summary>
    /// <param name="redirect">Where a path with its query is sent to; null: it is not found.</param>
    public static async Task<RedirectingServer> StartAsync(Func<string, string?> redirect)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(options => options.Listen(IPAddress.Loopback, 0));
        var server = new RedirectingServer(builder.Build());
        server._application.Run(context =>
        {
            var path = context.Request.Path + context.Request.QueryString.Value;
            server.Requests.Enqueue((path, context.Request.Headers.Authorization.ToString()));
            context.Response.StatusCode = redirect(path) is { } location ? StatusCodes.Status302Found : StatusCodes.Status404NotFound;
            context.Response.Headers.Location = redirect(path);
            return Task.CompletedTask;
        });
        await server._application.StartAsync();
        return server;
    }

    public ValueTask DisposeAsync() => _application.DisposeAsync();
}
