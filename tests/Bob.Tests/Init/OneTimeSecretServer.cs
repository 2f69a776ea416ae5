using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace ImageBuilder.Bob.Tests.Init;

/// <summary>Gives a secret out once.</summary>
internal sealed class OneTimeSecretServer : IAsyncDisposable
{
    private readonly WebApplication _application;
    private int _requests;

    private OneTimeSecretServer(string secret)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(options => options.Listen(IPAddress.Loopback, 0));
        _application = builder.Build();
        _application.Run(context =>
        {
            if (Interlocked.Increment(ref _requests) == 1)
            {
                return context.Response.WriteAsync(secret);
            }

            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return Task.CompletedTask;
        });
    }

    /// <summary>Where the secret is.</summary>
    public Uri Url => new(new Uri(_application.Urls.First()), "/ots/8d1c55");

    /// <summary>How often it was asked for.</summary>
    public int Requests => _requests;

    /// <summary>Starts one.</summary>
    public static async Task<OneTimeSecretServer> StartAsync(string secret)
    {
        var server = new OneTimeSecretServer(secret);
        await server._application.StartAsync();
        return server;
    }

    /// <inheritdoc />
    public ValueTask DisposeAsync() => _application.DisposeAsync();
}
