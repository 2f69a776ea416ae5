using System.Collections.Concurrent;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;

namespace ImageBuilder.Bob.Tests.Proxy;

/// <summary>A registry that wants bearer tokens and answers as a test tells it to.</summary>
internal sealed class FakeRegistry : IAsyncDisposable
{
    private readonly WebApplication _application;
    private int _tokens;

    private FakeRegistry(Func<HttpContext, Task> answer, bool open)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(options =>
        {
            options.Limits.MaxRequestBodySize = null;
            options.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http1);
        });
        _application = builder.Build();
        _application.Run(async context =>
        {
            if (context.Request.Path == "/token")
            {
                Logins.Enqueue(context.Request.Headers.Authorization.ToString());
                await context.Response.WriteAsync($"{{\"token\":\"token-{Interlocked.Increment(ref _tokens)}\",\"expires_in\":300}}");
                return;
            }

            Requests.Enqueue($"{context.Request.Method} {context.Request.Path}{context.Request.QueryString}");
            var token = context.Request.Headers.Authorization.ToString();
            if (open || (token.StartsWith("Bearer token-", StringComparison.Ordinal) && Revoked.All(revoked => token != "Bearer " + revoked)))
            {
                await answer(context);
                return;
            }

            context.Response.StatusCode = StatusCodes.Status401Unauthorized;
            context.Response.Headers.WWWAuthenticate = $"Bearer realm=\"http://{Host}/token\",service=\"fake\"";
        });
    }

    /// <summary>Host and port.</summary>
    public string Host => new Uri(_application.Urls.First()).Authority;

    /// <summary>Every request, but for those for tokens.</summary>
    public ConcurrentQueue<string> Requests { get; } = new();

    /// <summary>The Authorization headers that tokens were asked for with.</summary>
    public ConcurrentQueue<string> Logins { get; } = new();

    /// <summary>Tokens that are no longer taken.</summary>
    public ConcurrentBag<string> Revoked { get; } = [];

    /// <summary>How many tokens were given out.</summary>
    public int Tokens => _tokens;

    /// <summary>Starts one.</summary>
    public static async Task<FakeRegistry> StartAsync(Func<HttpContext, Task> answer, bool open = false)
    {
        var registry = new FakeRegistry(answer, open);
        await registry._application.StartAsync();
        return registry;
    }

    /// <inheritdoc />
    public ValueTask DisposeAsync() => _application.DisposeAsync();
}
