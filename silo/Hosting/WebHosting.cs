using ImageBuilder.Silo.Configuration;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Prometheus;

namespace ImageBuilder.Silo.Hosting;

/// <summary>What silos and gateways have in common as servers.</summary>
internal static class WebHosting
{
    /// <summary>A server that listens on the ports of its role.</summary>
    public static WebApplicationBuilder Create(ServiceConfiguration configuration, ServiceRole role)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging
            .AddSimpleConsole(console => console.SingleLine = true)
            .SetMinimumLevel(LogLevel.Information)
            .AddFilter("Microsoft", LogLevel.Warning)
            .AddFilter("Orleans", LogLevel.Warning)
            // A line for each call that a lost silo did not answer; it is made again.
            .AddFilter("Orleans.Runtime.CallbackData", LogLevel.Error)
            .AddFilter("System", LogLevel.Warning);
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.UseSockets(Listeners.Configure);
        builder.WebHost.ConfigureKestrel(kestrel => Listeners.Configure(kestrel, configuration, role));
        builder.Services.AddSingleton<Readiness>();
        return builder;
    }

    /// <summary>Serves metrics and health on the ports of their own.</summary>
    public static void Map(WebApplication app)
    {
        app.MapWhen(Listeners.IsMetrics, metrics => metrics.UseRouting().UseEndpoints(endpoints => endpoints.MapMetrics()));
        app.MapWhen(Listeners.IsHealth, health => health.UseRouting().UseEndpoints(endpoints => endpoints.MapHealth()));
    }
}
