using System.Collections.Immutable;
using System.Runtime.InteropServices;
using System.Text;
using ImageBuilder.Builds;
using ImageBuilder.Builds.Lifecycle;
using ImageBuilder.Builds.Logs;
using ImageBuilder.Builds.Storage;
using ImageBuilder.Grains.Messages;
using ImageBuilder.Launchers;
using ImageBuilder.Registry.Credentials;
using ImageBuilder.Registry.Names;
using Microsoft.Extensions.Logging;
using Orleans.Concurrency;
using Orleans.Runtime;

namespace ImageBuilder.Grains.Builds;

/// <summary>
/// Takes one order from queued to its end. The way is walked by one task of the activation (<see cref="DriveAsync"/>); calls from outside
/// only start it, end it, or look at what it has stored. Every transition is stored before anybody is told.
/// </summary>
internal sealed partial class BuildGrain(
    [PersistentState("build", StateStorage.Name)] IPersistentState<BuildState> state,
    IBuildLauncher launcher,
    IBuildLogs logs,
    BuildOptions options,
    TimeProvider clock,
    ILogger<BuildGrain> logger) : Grain, IBuildGrain, IRemindable, IDisposable
{
    private const string KeepRunning = "keep-running";

    private static readonly TimeSpan ReminderPeriod = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan CancelPatience = TimeSpan.FromSeconds(5);

    private readonly Signal _changed = new();
    private readonly CancellationTokenSource _deactivating = new();
    private readonly CancellationTokenSource _cancelled = new();
    private string _cancelledBy = string.Empty;
    private BuildSecrets? _secrets;
    private BuildSnapshot? _told;
    private Task? _drive;
    private long _logEnd;

    private Guid Id => this.GetPrimaryKey();

    private AttemptId AttemptId => new(Id, state.State.Attempt);

    private bool IsUnfinished => state.State is { Order: not null } build && !BuildLifecycle.IsFinal(build.Status);

    /// <inheritdoc />
    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _told = Snapshot();
        _logEnd = _told is null ? 0 : await logs.GetEndAsync(Id, cancellationToken);
        if (IsUnfinished)
        {
            Drive();
        }
    }

    /// <inheritdoc />
    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        await _deactivating.CancelAsync();
        if (_drive is not null)
        {
            await _drive.WaitAsync(cancellationToken)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        }
    }

    /// <inheritdoc />
    public async Task Start(BuildOrderMessage order)
    {
        if (state.State.Order is not null)
        {
            return;
        }

        // Listed before it is stored: a build that is in the list alone is dropped from it, one that is stored alone would never be found.
        var createdAt = clock.GetUtcNow();
        await DirectoryShards.Of(GrainFactory, Id).Add(new DirectoryEntry(
            Id, order.WorkspaceRef, order.BaseRef, order.Owner, createdAt, BuildStatus.Queued, FinishedAt: null));
        _secrets = order.ToSecrets();
        await StoreAsync(new BuildState
        {
            Order = StoredOrder.From(order),
            Status = BuildStatus.Queued,
            Version = 1,
            HadSecrets = _secrets.Any,
            CreatedAt = createdAt,
        });
        Instruments.BuildsStarted.Inc();
        Drive();

        // Last: a build that is stored runs, whether or not this safety net can be had.
        await this.RegisterOrUpdateReminder(KeepRunning, ReminderPeriod, ReminderPeriod);
    }

    /// <inheritdoc />
    public Task<DirectoryEntry?> TakeUp() => Task.FromResult(state.State.Order is null ? null : ToEntry());

    /// <inheritdoc />
    public async Task<BuildSnapshot?> Watch(long afterVersion, TimeSpan wait, CancellationToken cancellationToken)
    {
        await WaitUntil(() => _told is null || _told.Version > afterVersion, wait, cancellationToken);
        return _told;
    }

    /// <inheritdoc />
    public async Task<LogChunk?> ReadLog(long offset, int maxBytes, TimeSpan wait, CancellationToken cancellationToken)
    {
        if (_told is null)
        {
            return null;
        }

        await WaitUntil(() => _told is null or { IsFinal: true } || _logEnd > offset, wait, cancellationToken);

        // In this order: a log that had its last byte before it was read is read to its end.
        var final = _told is null or { IsFinal: true };
        var page = await logs.ReadAsync(Id, offset, maxBytes, CancellationToken.None);
        return new LogChunk(page.Offset, ToImmutable(page.Content), final && page.Next >= page.End, page.End);
    }

    /// <inheritdoc />
    public async Task Cancel(string by)
    {
        if (_told is { IsFinal: false } && !_cancelled.IsCancellationRequested)
        {
            _cancelledBy = by;
            await _cancelled.CancelAsync();
        }
    }

    /// <inheritdoc />
    public async Task Forget()
    {
        if (IsUnfinished)
        {
            return;
        }

        await logs.DeleteAsync(Id, CancellationToken.None);
        await state.ClearStateAsync();
        _told = null;
        DeactivateOnIdle();
    }

    /// <inheritdoc />
    public async Task ReceiveReminder(string reminderName, TickStatus status)
    {
        // Being activated was the point: an unfinished build has been taken up by now.
        if (IsUnfinished)
        {
            return;
        }

        if (state.State.Order is not null)
        {
            // Its end was stored, and perhaps not listed.
            await DirectoryShards.Of(GrainFactory, Id).End(ToEntry());
        }

        if (await this.GetReminder(reminderName) is { } reminder)
        {
            await this.UnregisterReminder(reminder);
        }
    }

    /// <inheritdoc />
    public void Dispose()
    {
        _deactivating.Dispose();
        _cancelled.Dispose();
    }

    private static ImmutableArray<byte> ToImmutable(ReadOnlyMemory<byte> content) =>
        MemoryMarshal.TryGetArray(content, out var segment) && segment.Offset == 0 && segment.Count == segment.Array!.Length
            ? ImmutableCollectionsMarshal.AsImmutableArray(segment.Array)
            : [.. content.Span];

    private void Drive()
    {
        // The activation must outlive its callers for as long as the build may take; when it ends, idle collection takes over.
        DelayDeactivation(options.Deadline + ReminderPeriod);
        _drive = DriveAsync();
    }

    private async Task DriveAsync()
    {
        try
        {
            await WalkAsync();
        }
        catch (OperationCanceledException) when (_deactivating.IsCancellationRequested)
        {
            // The next activation goes on from what is stored.
        }
        catch (Exception error) when (_deactivating.IsCancellationRequested)
        {
            // So it does after a fault: in a silo that stops, what fails does so because of the stop.
            LogLeftToNext(logger, error, Id);
        }
        catch (Exception error)
        {
            LogDriveFailed(logger, error, Id);
            await EndAfterFaultAsync(error);
        }
        finally
        {
            DelayDeactivation(TimeSpan.Zero);
        }
    }

    private async Task WalkAsync()
    {
        var left = state.State.CreatedAt + options.Deadline - clock.GetUtcNow();
        using var deadline = new CancellationTokenSource(left > TimeSpan.Zero ? left : TimeSpan.Zero, clock);
        using var ends = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, _cancelled.Token, _deactivating.Token);
        while (true)
        {
            AttemptOutcome outcome;
            try
            {
                outcome = await AttemptAsync(ends.Token);
            }
            catch (OperationCanceledException) when (_cancelled.IsCancellationRequested)
            {
                await EndAsync(BuildStatus.Cancelled, new BuildFailure(FailureReason.Cancelled, $"build cancelled by {_cancelledBy}"));
                return;
            }
            catch (OperationCanceledException) when (deadline.IsCancellationRequested)
            {
                await EndAsync(
                    BuildStatus.TimedOut,
                    new BuildFailure(FailureReason.Timeout, $"the build took longer than {options.Deadline} and was ended"));
                return;
            }

            if (outcome.Failure is null)
            {
                await VerifyAsync();
                return;
            }

            if (!AttemptPolicy.MayRetry(outcome.Failure.Reason, state.State.Attempt))
            {
                await EndAsync(BuildStatus.Failed, outcome.Failure);
                return;
            }

            if (state.State.HadSecrets && _secrets is null)
            {
                await EndAsync(
                    BuildStatus.Failed,
                    outcome.Failure with { Message = $"{outcome.Failure.Message}; the credentials of the request were not stored, so please ask for the build again" });
                return;
            }

            await AppendLineAsync($"{outcome.Failure.Message}; trying once more");
            await MoveAsync(BuildStatus.Queued);
        }
    }

    private async Task<AttemptOutcome> AttemptAsync(CancellationToken ends)
    {
        IAttempt? attempt;
        if (state.State.Status == BuildStatus.Queued)
        {
            if (state.State.HadSecrets && _secrets is null)
            {
                return AttemptOutcome.Failed(FailureReason.BuilderLost, "the service was restarted before the build began");
            }

            await StoreAsync(state.State with
            {
                Status = BuildStatus.Launching,
                Version = state.State.Version + 1,
                Attempt = state.State.Attempt + 1,
                AttemptLogStart = await logs.GetEndAsync(Id, ends),
            });
            try
            {
                var order = state.State.Order!;
                attempt = await launcher.LaunchAsync(AttemptId, order.ToOrder(), _secrets ?? order.ToSecrets(), ends);
            }
            catch (LaunchException error)
            {
                LogLaunchFailed(logger, error, Id);
                return AttemptOutcome.Failed(error.Reason, error.Message);
            }
        }
        else
        {
            // Also when the build is to end: only who has the attempt can end it.
            attempt = await launcher.ReattachAsync(AttemptId, _deactivating.Token);
            if (attempt is null)
            {
                // A builder that was to be verified had done its work; the registry knows the truth.
                return state.State.Status == BuildStatus.Verifying
                    ? AttemptOutcome.Success
                    : AttemptOutcome.Failed(FailureReason.BuilderLost, "the builder was lost");
            }
        }

        await using (attempt)
        {
            try
            {
                if (state.State.Status == BuildStatus.Launching)
                {
                    await MoveAsync(BuildStatus.Running);
                }

                var outcome = await FollowAsync(attempt, ends);
                if (outcome.Failure is null && state.State.Status == BuildStatus.Running)
                {
                    // Before the attempt is cleared away: it is what a restart would learn of the success from.
                    await MoveAsync(BuildStatus.Verifying);
                }

                return outcome;
            }
            catch (Exception) when (!_deactivating.IsCancellationRequested)
            {
                await CancelAsync(attempt);
                throw;
            }
            finally
            {
                if (!_deactivating.IsCancellationRequested)
                {
                    await RemoveAsync(attempt);
                }
            }
        }
    }

    /// <summary>Waits for the end of an attempt while its log is carried over; ends it when the build is to end.</summary>
    private async Task<AttemptOutcome> FollowAsync(IAttempt attempt, CancellationToken ends)
    {
        var order = state.State.Order!;
        var log = new AttemptLog(attempt, state.State.Attempt, LogCensor.ForBuild(order.ToOrder(), _secrets), logs, Id, clock);
        using var pumping = CancellationTokenSource.CreateLinkedTokenSource(_deactivating.Token);
        var pump = log.PumpAsync(state.State.AttemptLogStart, OnLogAppended, pumping.Token);
        try
        {
            var first = await Task.WhenAny(attempt.Completion, pump).WaitAsync(ends);
            await first;
            await pump;
            return await attempt.Completion;
        }
        catch (OperationCanceledException) when (ends.IsCancellationRequested && !_deactivating.IsCancellationRequested)
        {
            await CancelAsync(attempt);
            await Task.WhenAny(attempt.Completion, Task.Delay(CancelPatience, clock, _deactivating.Token));
            if (attempt.Completion is { IsCompletedSuccessfully: true, Result: { Failure: null } success })
            {
                // It was done before it could be ended: the image is there, so that is how the build ended.
                await pump;
                return success;
            }

            throw;
        }
        finally
        {
            // Nothing is appended once the end of the build is told, or while another activation goes on with the log.
            if (!attempt.Completion.IsCompleted)
            {
                await pumping.CancelAsync();
            }

            await pump.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        }
    }

    private async Task CancelAsync(IAttempt attempt)
    {
        if (attempt.Completion.IsCompletedSuccessfully)
        {
            return;
        }

        try
        {
            await attempt.CancelAsync(CancellationToken.None);
        }
        catch (Exception error)
        {
            LogCancelFailed(logger, error, Id);
        }
    }

    private async Task RemoveAsync(IAttempt attempt)
    {
        try
        {
            await attempt.RemoveAsync(CancellationToken.None);
        }
        catch (Exception error)
        {
            // What is left behind takes room, and changes nothing about how the build ended.
            LogRemoveFailed(logger, error, Id);
        }
    }

    private async Task VerifyAsync()
    {
        if (state.State.Status != BuildStatus.Verifying)
        {
            await MoveAsync(BuildStatus.Verifying);
        }

        var key = ReferenceKey.Of(ImageReference.Parse(state.State.Order!.WorkspaceRef), options.Platform);
        var answer = await GrainFactory.GetGrain<IReferenceGrain>(key)
            .Resolve(new ResolveQuery(RegistryAccessMessage.Everything, MaxAge: TimeSpan.Zero, Patient: true))
            .WaitAsync(_deactivating.Token);
        switch (answer.Outcome)
        {
            case ResolveOutcome.Found:
                await EndAsync(BuildStatus.Succeeded, failure: null, answer.Digest);
                break;
            case ResolveOutcome.NotFound:
                await EndAsync(BuildStatus.Failed, new BuildFailure(FailureReason.Internal, "image build did not produce a workspace image"));
                break;
            default:
                await EndAsync(
                    BuildStatus.Failed,
                    new BuildFailure(
                        FailureReason.Internal, $"cannot check if workspace image exists after the build: {answer.Message}"));
                break;
        }
    }

    private Task MoveAsync(BuildStatus status) => StoreAsync(Moved(status));

    private BuildState Moved(BuildStatus status) => BuildLifecycle.CanMove(state.State.Status, status)
        ? state.State with { Status = status, Version = state.State.Version + 1 }
        : throw new InvalidOperationException($"a build cannot move from {state.State.Status} to {status}");

    private async Task EndAsync(BuildStatus status, BuildFailure? failure, string? digest = null)
    {
        var lastLines = failure is null ? [] : await ReadLastLinesAsync();
        var ended = Moved(status) with
        {
            FinishedAt = clock.GetUtcNow(),
            Digest = digest,
            Failure = failure is null ? null : new BuildFailureMessage(failure.Reason, failure.WireMessage, lastLines),
        };
        _secrets = null;
        await StoreAsync(ended);
        Instruments.BuildsDone.WithLabels(status == BuildStatus.Succeeded ? "true" : "false").Inc();
        LogEnded(logger, Id, status, failure?.Reason);
        await DirectoryShards.Of(GrainFactory, Id).End(ToEntry());
        if (await this.GetReminder(KeepRunning) is { } reminder)
        {
            await this.UnregisterReminder(reminder);
        }
    }

    private async Task<ImmutableArray<string>> ReadLastLinesAsync()
    {
        try
        {
            return await LogTail.ReadAsync(logs, Id, CancellationToken.None);
        }
        catch (IOException error)
        {
            LogTailUnreadable(logger, error, Id);
            return [];
        }
    }

    /// <summary>Nothing worked; followers must not hang, and the next activation tries again where storing failed.</summary>
    private async Task EndAfterFaultAsync(Exception fault)
    {
        if (!IsUnfinished)
        {
            return;
        }

        var failure = DiskFault.Explain(fault)
            ?? new BuildFailure(FailureReason.Internal, $"the build could not be carried on: {fault.Message}");
        try
        {
            await EndAsync(BuildStatus.Failed, failure);
        }
        catch (Exception error)
        {
            LogDriveFailed(logger, error, Id);
            _told = _told! with
            {
                Status = BuildStatus.Failed,
                Version = _told.Version + 1,
                FinishedAt = clock.GetUtcNow(),
                Failure = new BuildFailureMessage(failure.Reason, failure.Message, []),
            };
            _changed.Raise();
            DeactivateOnIdle();
        }
    }

    private async Task StoreAsync(BuildState next)
    {
        var stored = state.State;
        state.State = next;
        try
        {
            await state.WriteStateAsync();
        }
        catch
        {
            state.State = stored;
            throw;
        }

        _told = Snapshot();
        _changed.Raise();
    }

    private void OnLogAppended(long end)
    {
        _logEnd = end;
        _changed.Raise();
    }

    private async Task AppendLineAsync(string line)
    {
        OnLogAppended(await logs.AppendAsync(Id, Encoding.UTF8.GetBytes(line + "\n"), CancellationToken.None));
    }

    private async Task WaitUntil(Func<bool> condition, TimeSpan wait, CancellationToken cancellationToken)
    {
        if (condition() || wait <= TimeSpan.Zero)
        {
            return;
        }

        using var over = new CancellationTokenSource(wait < LongestWait ? wait : LongestWait, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(over.Token, cancellationToken);
        while (!condition() && !either.IsCancellationRequested)
        {
            await _changed.Next.WaitAsync(either.Token)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        }
    }

    private BuildSnapshot? Snapshot() => state.State is not { Order: { } order } build
        ? null
        : new BuildSnapshot(
            Id,
            build.Version,
            build.Status,
            order.WorkspaceRef,
            order.BaseRef,
            order.Owner,
            build.Attempt,
            build.CreatedAt,
            build.FinishedAt,
            build.Digest,
            build.Failure);

    private DirectoryEntry ToEntry()
    {
        var order = state.State.Order!;
        return new DirectoryEntry(
            Id, order.WorkspaceRef, order.BaseRef, order.Owner, state.State.CreatedAt, state.State.Status, state.State.FinishedAt);
    }
}
