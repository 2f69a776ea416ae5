using ImageBuilder.Grains;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Runtime;

namespace ImageBuilder.Silo.Clustering;

/// <summary>
/// Has builds taken up again whose silo is gone, also when nobody asks for them: each silo when it starts, and the two oldest, of which one may be lost
/// meanwhile, when another is lost. The builds' reminders are the net below.
/// </summary>
internal sealed partial class LostSilos(IClusterMembershipService membership, ClusterSites sites, UnfinishedBuilds builds, GrainCalls calls, ILogger<LostSilos> logger) : BackgroundService
{
    private const int Oldest = 2;

    /// <inheritdoc />
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await TakeUpAsync(stoppingToken);
        HashSet<SiloAddress> known = [];
        await foreach (var snapshot in membership.MembershipUpdates.WithCancellation(stoppingToken))
        {
            var living = snapshot.Members.Values.Where(member => member.Status is SiloStatus.Active).ToList();
            var lost = known.Except(living.Select(member => member.SiloAddress)).Any();
            known = [.. living.Select(member => member.SiloAddress)];
            if (lost && living.OrderBy(member => member.SiloAddress.Generation).ThenBy(member => member.Name, StringComparer.Ordinal).Take(Oldest).Any(member => member.Name == sites.Here))
            {
                await TakeUpAsync(stoppingToken);
            }
        }
    }

    private async Task TakeUpAsync(CancellationToken stoppingToken)
    {
        try
        {
            await calls.RetryAsync(
                async () =>
                {
                    await builds.TakeUpAsync();
                    return true;
                },
                stoppingToken);
        }
        catch (Exception error) when (!stoppingToken.IsCancellationRequested)
        {
            LogFailed(logger, error);
        }
    }

    [LoggerMessage(1, LogLevel.Warning, "Builds of a silo that is gone could not be taken up now; their reminders have it done within minutes")]
    private static partial void LogFailed(ILogger logger, Exception error);
}
