using ImageBuilder.Grains.Messages;
using ImageBuilder.Registry.Names;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace ImageBuilder.Grains.References;

/// <summary>
/// Has the configured base images resolved when the silo starts and, a little before their answers are no longer fresh, again and again. Every silo does so; the
/// grain of a reference asks the registry once in half an interval at most, so that any silo may be lost and none need know of the others.
/// </summary>
internal sealed partial class ReferencePrecaching(
    IGrainFactory grains, PrecacheOptions options, TimeProvider clock, ILogger<ReferencePrecaching> logger) : BackgroundService
{
    private const int AtOnce = 8;

    private static readonly TimeSpan FirstPause = TimeSpan.FromMinutes(1);

    private readonly Lock _lock = new();
    private readonly PriorityQueue<(ImageReference Reference, int Failures, DateTimeOffset Due), DateTimeOffset> _due = new();

    /// <inheritdoc />
    protected override Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var references = options.References.DistinctBy(reference => ReferenceKey.Of(reference, options.Platform)).ToList();
        foreach (var reference in references)
        {
            Enqueue(reference, 0, TimeSpan.Zero);
        }

        return Task.WhenAll(Enumerable.Range(0, Math.Min(AtOnce, references.Count)).Select(_ => WorkAsync(stoppingToken)));
    }

    /// <summary>Jitter keeps silos and references apart; the answers are fresh for the whole interval.</summary>
    private TimeSpan NextPause(int failures)
    {
        var jitter = 0.85 + (0.1 * Random.Shared.NextDouble());
        var pause = failures == 0 ? options.Interval : FirstPause * Math.Pow(2, Math.Min(failures - 1, 20));
        return jitter * (pause < options.Interval ? pause : options.Interval);
    }

    private async Task WorkAsync(CancellationToken stoppingToken)
    {
        while (true)
        {
            var (reference, failures, due) = Dequeue();
            var wait = due - clock.GetUtcNow();
            if (wait > TimeSpan.Zero)
            {
                await Task.Delay(wait, clock, stoppingToken);
            }

            stoppingToken.ThrowIfCancellationRequested();
            var answer = await ResolveAsync(reference);
            failures = answer.Outcome == ResolveOutcome.Found ? 0 : failures + 1;
            var pause = NextPause(failures);
            if (failures > 0)
            {
                LogNotResolved(logger, reference.ToString(), answer.Outcome, answer.Message, pause);
            }

            Enqueue(reference, failures, pause);
        }
    }

    private async Task<ResolveAnswer> ResolveAsync(ImageReference reference)
    {
        try
        {
            return await grains.GetGrain<IReferenceGrain>(ReferenceKey.Of(reference, options.Platform)).Precache(options.Interval);
        }
        catch (Exception error)
        {
            // A silo that is just starting, or was lost: the next try finds another.
            return new ResolveAnswer(ResolveOutcome.Failed, string.Empty, error.Message);
        }
    }

    private void Enqueue(ImageReference reference, int failures, TimeSpan pause)
    {
        var due = clock.GetUtcNow() + pause;
        lock (_lock)
        {
            _due.Enqueue((reference, failures, due), due);
        }
    }

    private (ImageReference Reference, int Failures, DateTimeOffset Due) Dequeue()
    {
        lock (_lock)
        {
            return _due.Dequeue();
        }
    }
}
