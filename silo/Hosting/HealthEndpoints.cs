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
        string? Problem() => lifetime.ApplicationStopping.IsCancellationRequested ? "it is about to stop" : readiness.Problem;

        endpoints.MapGet("/live", () => Results.Text("live\n"));
        endpoints.MapGet("/ready", () => Problem() is { } problem
            ? Results.Text($"not ready: {problem}\n", statusCode: StatusCodes.Status503ServiceUnavailable)
            : Results.Text("ready\n"));
        Prometheus.Metrics.DefaultRegistry.AddBeforeCollectCallback(() => Ready.Set(Problem() is null ? 1 : 0));
    }
}
