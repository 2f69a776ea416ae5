using System.Collections.Concurrent;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace ImageBuilder.Integration.Tests.Running;

/// <summary>A web server whose answers wait until the test gives them, so that a test decides how far a build step gets.</summary>
public sealed class Gate : IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, Door> _doors = new();
    private readonly WebApplication _application;

    private Gate()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(options => options.Listen(IPAddress.Loopback, 0));
        _application = builder.Build();
        _application.Run(async context =>
        {
            var door = _doors[context.Request.Path.Value!.TrimStart('/')];
            door.Arrive();
            await context.Response.WriteAsync(await door.Answer.WaitAsync(context.RequestAborted));
        });
    }

    public static async Task<Gate> StartAsync()
    {
        var gate = new Gate();
        await gate._application.StartAsync();
        return gate;
    }

    /// <summary>A new door.</summary>
    public Door Add()
    {
        var name = $"{Guid.NewGuid():N}";
        return _doors[name] = new Door($"{_application.Urls.First()}/{name}");
    }

    public ValueTask DisposeAsync() => _application.DisposeAsync();
}
