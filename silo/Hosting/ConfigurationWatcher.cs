using ImageBuilder.Silo.Configuration;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace ImageBuilder.Silo.Hosting;

/// <summary>
/// Looks at the configuration file every two seconds. By its bytes: a mounted Kubernetes config map changes by way of links, which file notifications miss.
/// </summary>
internal sealed class ConfigurationWatcher(LiveConfiguration configuration, TimeProvider clock, ILogger<LiveConfiguration> logger) : BackgroundService
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(2);

    /// <inheritdoc />
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Period, clock);
        do
        {
            configuration.Look(logger);
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }
}
