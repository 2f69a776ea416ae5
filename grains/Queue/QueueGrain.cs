using ImageBuilder.Builds;
using ImageBuilder.Builds.Queue;
using ImageBuilder.Grains.Messages;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Placement;
using Orleans.Runtime;

namespace ImageBuilder.Grains.Queue;

/// <summary>
/// Keeps a <see cref="FairScheduler"/>. Who holds a place is stored before he is told, so that a queue which starts anew does not give the place
/// away again; who waits asks again and so comes back by himself. Now and then it asks after those it has not heard of: a build that
/// ended without leaving frees its place, one that stopped asking loses it.
/// </summary>
[ResourceOptimizedPlacement]
internal sealed partial class QueueGrain(
    [PersistentState("queue", StateStorage.Name)] IPersistentState<QueueState> state,
    IOptionsMonitor<QueueLimits> limits,
    BuildOptions options,
    TimeProvider clock,
    ILogger<QueueGrain> logger) : Grain, IQueueGrain, IDisposable
{
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan PositionsFreshness = TimeSpan.FromSeconds(1);

    private readonly FairScheduler _scheduler = new();
    private readonly Dictionary<Guid, Waiter> _waiters = [];
    private readonly Dictionary<Guid, int> _positions = [];
    private readonly CancellationTokenSource _stopped = new();
    private DateTimeOffset _positionsAt = DateTimeOffset.MinValue;
    private Task? _storing;
    private bool _changed;
    private IDisposable? _limitsChange;

    /// <inheritdoc />
    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        foreach (var build in state.State.Running)
        {
            _scheduler.Hold(build.ToEntry());
        }

        this.RegisterGrainTimer(CheckAsync, new GrainTimerCreationOptions(options.QueueCheckPeriod, options.QueueCheckPeriod) { KeepAlive = true, Interleave = true });
        var self = this.AsReference<IQueueGrain>();
        _limitsChange = limits.OnChange(_ => self.Get());
        return Task.CompletedTask;
    }

    /// <inheritdoc />
    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken) => _stopped.CancelAsync();

    /// <inheritdoc />
    public async Task<QueueTurn> Wait(QueueTicket ticket, TimeSpan wait, CancellationToken cancellationToken)
    {
        if (!_scheduler.IsRunning(ticket.BuildId))
        {
            var deadline = limits.CurrentValue.WaitingDeadline is { } allowed ? ticket.WaitingSince + allowed : (DateTimeOffset?)null;
            var left = deadline - clock.GetUtcNow() ?? LongestWait;
            if (left <= TimeSpan.Zero)
            {
                await Leave(ticket.BuildId);
                return new QueueTurn(QueueOutcome.Expired, 0);
            }

            _scheduler.Enter(ticket.ToEntry());
            Admit();
            await WaitForTurnAsync(ticket.BuildId, Shortest(wait, left, LongestWait), cancellationToken);
        }

        if (!_scheduler.IsRunning(ticket.BuildId))
        {
            return new QueueTurn(QueueOutcome.Waiting, PositionOf(ticket.BuildId));
        }

        await StoredAsync();
        return new QueueTurn(QueueOutcome.Admitted, 0);
    }

    /// <inheritdoc />
    public Task Hold(QueueTicket ticket)
    {
        if (!_scheduler.IsRunning(ticket.BuildId))
        {
            _scheduler.Hold(ticket.ToEntry());
            Wake(ticket.BuildId);
            Store();
        }

        return StoredAsync();
    }

    /// <inheritdoc />
    public Task Leave(Guid buildId)
    {
        var ran = _scheduler.IsRunning(buildId);
        if (_scheduler.Leave(buildId))
        {
            Wake(buildId);
            if (ran)
            {
                Store();
            }

            Admit();
        }

        return Task.CompletedTask;
    }

    /// <inheritdoc />
    public Task<QueueSnapshot> Get()
    {
        Admit();
        var current = limits.CurrentValue;
        return Task.FromResult(new QueueSnapshot(
            current.Concurrency,
            current.ConcurrencyPerOwner,
            current.WaitingDeadline,
            [.. _scheduler.Running.OrderBy(build => build.Since).Select(QueueTicket.From)],
            [.. _scheduler.Waiting.Select(QueueTicket.From)]));
    }

    /// <inheritdoc />
    public void Dispose()
    {
        _limitsChange?.Dispose();
        _stopped.Dispose();
    }

    private static TimeSpan Shortest(params ReadOnlySpan<TimeSpan> times)
    {
        var shortest = times[0];
        foreach (var time in times)
        {
            shortest = time < shortest ? time : shortest;
        }

        return shortest;
    }

    private void Admit()
    {
        var admitted = _scheduler.Admit(limits.CurrentValue, clock.GetUtcNow());
        if (admitted.Count == 0)
        {
            return;
        }

        Store();
        foreach (var build in admitted)
        {
            Wake(build.BuildId);
        }
    }

    private async Task WaitForTurnAsync(Guid buildId, TimeSpan wait, CancellationToken cancellationToken)
    {
        if (_scheduler.IsRunning(buildId))
        {
            return;
        }

        if (!_waiters.TryGetValue(buildId, out var waiter))
        {
            waiter = new Waiter();
            _waiters.Add(buildId, waiter);
        }

        waiter.LastAsked = clock.GetUtcNow();
        if (wait <= TimeSpan.Zero)
        {
            return;
        }

        using var over = new CancellationTokenSource(wait, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(over.Token, cancellationToken, _stopped.Token);
        await waiter.Turn.Task.WaitAsync(either.Token)
            .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        waiter.LastAsked = clock.GetUtcNow();
    }

    private void Wake(Guid buildId)
    {
        if (_waiters.Remove(buildId, out var waiter))
        {
            waiter.Turn.TrySetResult();
        }
    }

    private int PositionOf(Guid buildId)
    {
        if (clock.GetUtcNow() - _positionsAt >= PositionsFreshness || !_positions.ContainsKey(buildId))
        {
            _positions.Clear();
            foreach (var build in _scheduler.Waiting)
            {
                _positions.Add(build.BuildId, _positions.Count);
            }

            _positionsAt = clock.GetUtcNow();
        }

        return _positions.GetValueOrDefault(buildId);
    }

    /// <summary>Has the holders stored; changes made while that goes on are stored together, after it.</summary>
    private void Store()
    {
        _changed = true;
        if (_storing is null or { IsCompleted: true })
        {
            _storing = StoreAsync();
        }
    }

    private Task StoredAsync() => _storing ?? Task.CompletedTask;

    private async Task StoreAsync()
    {
        while (_changed)
        {
            _changed = false;
            state.State = new QueueState { Running = [.. _scheduler.Running.Select(QueueTicket.From)] };
            try
            {
                await state.WriteStateAsync();
            }
            catch (Exception error)
            {
                // Only a queue that starts anew at this moment would admit too many; no build is held up for that. The next change stores it all.
                LogStoreFailed(logger, error, this.GetPrimaryKeyString());
            }
        }
    }

    private async Task CheckAsync(CancellationToken cancellationToken)
    {
        var silent = clock.GetUtcNow() - options.QueueCheckPeriod;
        foreach (var (id, _) in _waiters.Where(waiter => waiter.Value.LastAsked < silent).ToList())
        {
            await Leave(id);
        }

        foreach (var build in _scheduler.Running.Where(build => build.Since < silent).ToList())
        {
            try
            {
                if (await GrainFactory.GetGrain<IBuildGrain>(build.BuildId).Watch(afterVersion: 0, TimeSpan.Zero, cancellationToken) is null or { IsFinal: true })
                {
                    LogLeftBehind(logger, build.BuildId);
                    await Leave(build.BuildId);
                }
            }
            catch (Exception error)
            {
                // Nothing is known of it; it keeps its place until the next look.
                LogCheckFailed(logger, error, build.BuildId);
            }
        }

        Admit();
    }

    private sealed class Waiter
    {
        public TaskCompletionSource Turn { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public DateTimeOffset LastAsked { get; set; }
    }
}
