using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Prometheus;

/// <summary>Publishes metrics over HTTP.</summary>
public static class MetricServerMiddlewareExtensions
{
    /// <summary>Answers <paramref name="pattern"/> with the metrics of <paramref name="registry"/>, by default those of the process.</summary>
    public static IEndpointConventionBuilder MapMetrics(
        this IEndpointRouteBuilder endpoints,
        string pattern = "/metrics",
        CollectorRegistry? registry = null)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        return endpoints
            .Map(pattern, context => AnswerAsync(context, registry ?? Metrics.DefaultRegistry))
            .WithDisplayName("Prometheus metrics");
    }

    private static async Task AnswerAsync(HttpContext context, CollectorRegistry registry)
    {
        try
        {
            var text = await registry.CollectAsync(context.RequestAborted);
            context.Response.ContentType = TextExposition.ContentType;
            await context.Response.BodyWriter.WriteAsync(text.ToUtf8(), context.RequestAborted);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // Whoever asked has gone; there is no one to tell.
        }
    }
}
