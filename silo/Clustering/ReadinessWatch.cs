using ImageBuilder.Silo.Hosting;
using Microsoft.Extensions.Hosting;

namespace ImageBuilder.Silo.Clustering;

/// <summary>
/// Looks every five seconds whether a member of a cluster has what it needs. It is not ready once something was missing three times in a row, and is again as soon
/// as nothing is.
/// </summary>
/// <param name="checks">Each gives what is missing, or null. One that does not answer within three seconds has found its own name missing.</param>
/// <param name="readiness">Is told.</param>
/// <param name="clock">Times the looks.</param>
internal sealed class ReadinessWatch(IReadOnlyList<(string Name, Func<CancellationToken, Task<string?>> Check)> checks, Readiness readiness, TimeProvider clock) : BackgroundService
{
    private const int MissingInARow = 3;

    private static readonly TimeSpan Period = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    /// <inheritdoc />
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var missing = 0;
        using var timer = new PeriodicTimer(Period, clock);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            var problem = await FindProblemAsync(stoppingToken);
            missing = problem is null ? 0 : missing + 1;
            if (missing is 0 or >= MissingInARow)
            {
                readiness.Set(problem);
            }
        }
    }

    private async Task<string?> FindProblemAsync(CancellationToken stoppingToken)
    {
        foreach (var (name, check) in checks)
        {
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
            try
            {
                if (await check(patience.Token).WaitAsync(Patience, clock, stoppingToken) is { } problem)
                {
                    return problem;
                }
            }
            catch (Exception) when (!stoppingToken.IsCancellationRequested)
            {
                return $"{name} does not answer";
            }
            finally
            {
                await patience.CancelAsync();
            }
        }

        return null;
    }
}
