using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;

namespace Grpc.AspNetCore.HealthChecks;

/// <summary>Takes the reports that the application publishes from time to time.</summary>
internal sealed class HealthPublisher(PublishedHealth health, IOptions<GrpcHealthChecksOptions> options) : IHealthCheckPublisher
{
    public Task PublishAsync(HealthReport report, CancellationToken cancellationToken)
    {
        foreach (var mapping in options.Value.Services)
        {
            var entries = report.Entries.Where(entry => mapping.HealthCheckPredicate(new HealthCheckMapContext(entry.Key, entry.Value.Tags)));
            health.Publish(mapping.Name, HealthService.StateOf(entries.Select(entry => entry.Value.Status)));
        }

        return Task.CompletedTask;
    }
}
