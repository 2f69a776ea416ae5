using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Prometheus;

namespace ImageBuilder.Silo.Hosting;

/// <summary>Liveness and readiness.</summary>
internal static class HealthEndpoints
{
    private static readonly Gauge Ready = Prometheus.Metrics.CreateGauge("imagebuilder_ready", "1 when /ready says that the service takes calls, else 0.");

    /// <summary>Maps <c>/live</c>: the process answers; and <c>/ready</c>: it takes calls, and is not about to stop.</summary>
    public static void MapHealth(this IEndpointRouteBuilder endpoints)
    {
        var readiness = endpoints.ServiceProvider.GetRequiredService<Readiness>();
        var lifetime = endpoints.ServiceProvider.GetRequiredService<IHostApplicationLifetime>();
        bool IsReady() => readiness.IsReady && !lifetime.ApplicationStopping.IsCancellationRequested;

        endpoints.MapGet("/live", () => Results.Text("live\n"));
        endpoints.MapGet("/ready", () => IsReady()
            ? Results.Text("ready\n")
            : Results.Text("not ready\n", statusCode: StatusCodes.Status503ServiceUnavailable));
        Prometheus.Metrics.DefaultRegistry.AddBeforeCollectCallback(() => Ready.Set(IsReady() ? 1 : 0));
    }
}
