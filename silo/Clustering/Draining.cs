using ImageBuilder.Silo.Configuration;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace ImageBuilder.Silo.Clustering;

/// <summary>Lets the builds of a silo that is asked to stop come to their ends, for as long as the configuration says. It is stopped before the silo is.</summary>
internal sealed partial class Draining(ClusterSites sites, ClusterConfiguration cluster, TimeProvider clock, ILogger<Draining> logger) : IHostedService
{
    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(200);

    /// <inheritdoc />
    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc />
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        sites.Leave();
        var began = clock.GetTimestamp();
        while (sites.Builds > 0 && clock.GetElapsedTime(began) < cluster.Drain)
        {
            await Task.Delay(Period, clock, cancellationToken);
        }

        if (sites.Builds > 0)
        {
            LogMoved(logger, sites.Builds, cluster.Drain);
        }
    }

    [LoggerMessage(1, LogLevel.Information, "{Builds} builds were not done after {Drain}; other silos begin them anew")]
    private static partial void LogMoved(ILogger logger, int builds, TimeSpan drain);
}
