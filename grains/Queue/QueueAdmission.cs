using ImageBuilder.Builds.Admission;
using ImageBuilder.Builds.Lifecycle;
using ImageBuilder.Builds.Queue;
using ImageBuilder.Grains.Messages;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace ImageBuilder.Grains.Queue;

/// <summary>Lets builds run by the turns that a <see cref="IQueueGrain"/> gives. A queue that cannot be asked holds no build up for long.</summary>
internal sealed partial class QueueAdmission(
    IGrainFactory grains, IOptionsMonitor<QueueLimits> limits, TimeProvider clock, ILogger<QueueAdmission> logger) : IAdmission
{
    private const int MaxTries = 10;

    // How many are ahead is told soon, and then now and then.
    private static readonly TimeSpan FirstWait = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private IQueueGrain Queue => grains.GetGrain<IQueueGrain>(IQueueGrain.Default);

    /// <inheritdoc />
    public async Task<BuildFailure?> EnterAsync(Turn turn, Func<int, Task> ahead, CancellationToken cancellationToken)
    {
        var wait = FirstWait;
        int? told = null;
        while (true)
        {
            var asked = wait;
            var answer = await TryAsync(turn, () => Queue.Wait(TicketOf(turn), asked, cancellationToken), cancellationToken);
            cancellationToken.ThrowIfCancellationRequested();
            switch (answer)
            {
                case null or { Outcome: QueueOutcome.Admitted }:
                    return null;
                case { Outcome: QueueOutcome.Expired }:
                    return new BuildFailure(
                        FailureReason.QueueTimeout,
                        $"the build waited for its turn for longer than {limits.CurrentValue.WaitingDeadline} and was ended; please try again later");
            }

            if (told != answer.Ahead)
            {
                told = answer.Ahead;
                await ahead(answer.Ahead);
            }

            wait = LongPoll.Wait;
        }
    }

    /// <inheritdoc />
    public Task HoldAsync(Turn turn, CancellationToken cancellationToken) => TryAsync(
        turn,
        async () =>
        {
            await Queue.Hold(TicketOf(turn)).WaitAsync(cancellationToken);
            return new QueueTurn(QueueOutcome.Admitted, 0);
        },
        cancellationToken);

    /// <inheritdoc />
    public Task LeaveAsync(Guid buildId, CancellationToken cancellationToken) => Queue.Leave(buildId).WaitAsync(cancellationToken);

    private static QueueTicket TicketOf(Turn turn) => new(turn.BuildId, turn.Owner, turn.Priority, turn.Since, turn.WaitingSince);

    /// <summary>The queue's answer; null when it cannot be asked: too many builds are better than none.</summary>
    private async Task<QueueTurn?> TryAsync(Turn turn, Func<Task<QueueTurn>> ask, CancellationToken cancellationToken)
    {
        for (var tries = 1; ; tries++)
        {
            try
            {
                return await ask();
            }
            catch (Exception error)
            {
                cancellationToken.ThrowIfCancellationRequested();
                if (tries == MaxTries)
                {
                    LogCannotBeAsked(logger, error, turn.BuildId);
                    return null;
                }
            }

            await Task.Delay(Pause, clock, cancellationToken);
        }
    }

    [LoggerMessage(1, LogLevel.Error, "The queue cannot be asked, so build {BuildId} runs without waiting for its turn")]
    private static partial void LogCannotBeAsked(ILogger logger, Exception error, Guid buildId);
}
