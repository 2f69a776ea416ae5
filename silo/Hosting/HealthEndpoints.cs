using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Hosting;

namespace ImageBuilder.Silo.Hosting;

/// <summary>Liveness and readiness.</summary>
internal static class HealthEndpoints
{
    /// <summary>Maps <c>/live</c>: the process answers; and <c>/ready</c>: it takes calls, and is not about to stop.</summary>
    public static void MapHealth(this IEndpointRouteBuilder endpoints)
    {
        endpoints.MapGet("/live", () => Results.Text("live\n"));
        endpoints.MapGet("/ready", (Readiness readiness, IHostApplicationLifetime lifetime) =>
            readiness.IsReady && !lifetime.ApplicationStopping.IsCancellationRequested
                ? Results.Text("ready\n")
                : Results.Text("not ready\n", statusCode: StatusCodes.Status503ServiceUnavailable));
    }
}
