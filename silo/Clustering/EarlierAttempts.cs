using ImageBuilder.Grains;
using ImageBuilder.Grains.Messages;
using ImageBuilder.Launchers;
using ImageBuilder.Launchers.Process;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans;

namespace ImageBuilder.Silo.Clustering;

/// <summary>
/// Removes what builders of an earlier run of this silo left, which ended with it: once their builds have ended, or go on as other attempts. Until then a build may
/// want to know how its attempt ended, and what it logged.
/// </summary>
internal sealed partial class EarlierAttempts(ProcessLauncher launcher, IGrainFactory grains, GrainCalls calls, TimeProvider clock, ILogger<EarlierAttempts> logger) : BackgroundService
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(1);

    /// <inheritdoc />
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        for (var pause = FirstPause; launcher.FindEarlier() is { Count: > 0 } left; pause = pause * 2 < LongestPause ? pause * 2 : LongestPause)
        {
            foreach (var attempt in left)
            {
                await RemoveIfOverAsync(attempt, stoppingToken);
            }

            await Task.Delay(pause, clock, stoppingToken);
        }
    }

    private static bool IsOver(BuildSnapshot? build, int attempt) => build is null || build.IsFinal || build.Attempt > attempt;

    private async Task RemoveIfOverAsync(AttemptId id, CancellationToken stoppingToken)
    {
        try
        {
            var build = grains.GetGrain<IBuildGrain>(id.BuildId);
            if (IsOver(await calls.RetryAsync(() => build.Watch(afterVersion: 0, TimeSpan.Zero), stoppingToken), id.Number)
                && await launcher.ReattachAsync(id, stoppingToken) is { } attempt)
            {
                await using (attempt)
                {
                    await attempt.RemoveAsync(stoppingToken);
                }
            }
        }
        catch (Exception error) when (!stoppingToken.IsCancellationRequested)
        {
            LogFailed(logger, error, id.ToString());
        }
    }

    [LoggerMessage(1, LogLevel.Warning, "What attempt {Attempt} of an earlier run has left could not be removed; it is tried again")]
    private static partial void LogFailed(ILogger logger, Exception error, string attempt);
}
