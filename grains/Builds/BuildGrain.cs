using System.Collections.Immutable;
using System.Runtime.InteropServices;
using System.Text;
using ImageBuilder.Builds;
using ImageBuilder.Builds.Admission;
using ImageBuilder.Builds.Lifecycle;
using ImageBuilder.Builds.Logs;
using ImageBuilder.Builds.Storage;
using ImageBuilder.Grains.Messages;
using ImageBuilder.Grains.Placement;
using ImageBuilder.Launchers;
using ImageBuilder.Registry.Names;
using Microsoft.Extensions.Logging;
using Orleans.Concurrency;
using Orleans.Runtime;
using Orleans.Storage;

namespace ImageBuilder.Grains.Builds;

/// <summary>
/// Takes one order from queued to its end. The way is walked by one task of the activation (<see cref="DriveAsync"/>); calls from outside
/// only start it, ask for its end, or look at what it has stored. Everything is stored before anybody is told.
/// </summary>
[BuildPlacement]
internal sealed partial class BuildGrain(
    [PersistentState("build", StateStorage.Name)] IPersistentState<BuildState> state,
    IBuildLauncher launcher,
    IAdmission admission,
    IBuildLogs logs,
    IBuildSites sites,
    BuildOptions options,
    GrainCalls calls,
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

    private StoredBuild _stored = null!;
    private BuildState? _accepting;
    private BuildSecrets? _secrets;
    private Task? _drive;
    private RecentLog? _log;
    private int? _ahead;
    private long _logEnd;

    private Guid Id => this.GetPrimaryKey();

    private BuildState Build => _stored.Current;

    private AttemptId AttemptId => new(Id, Build.Attempt);

    private Turn Turn => Build.ToTurn(Id);

    /// <summary>Whether the attempt is another silo's.</summary>
    private bool IsElsewhere => Build.Site is { } site && site != sites.Here && Build.Status is BuildStatus.Launching or BuildStatus.Running;

    /// <summary>Whether the attempt was started by a run of a silo that has ended.</summary>
    private bool IsLostWithSite => IsElsewhere || (Build.SiteRun is { } run && run != sites.Run);

    private bool SecretsAreLost => Build.HadSecrets && _secrets is null;

    /// <inheritdoc />
    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _stored = new StoredBuild(state, Id, _changed, clock, logger);
        if (Build.Order is null)
        {
            return;
        }

        _logEnd = await AskAsync(logs.GetEndAsync(Id, cancellationToken));
        if (Build.IsUnfinished)
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
        if (Build.Order is not null)
        {
            return;
        }

        // Listed before it is stored: a build that is in the list alone is dropped from it, one that is stored alone would never be found.
        var accepted = BuildState.Accepted(order, clock.GetUtcNow(), options.Deadline);
        _accepting = accepted;
        try
        {
            await Directory.Add(accepted.ToEntry(Id, options.Deadline));
            await _stored.ChangeAsync(_ => accepted);
        }
        catch
        {
            await DropFromDirectoryAsync();
            throw;
        }
        finally
        {
            _accepting = null;
        }

        _secrets = order.ToSecrets();
        Instruments.BuildsStarted.Inc();
        Drive();

        // Last: a build that is stored runs, whether or not this safety net can be had.
        await this.RegisterOrUpdateReminder(KeepRunning, ReminderPeriod, ReminderPeriod);
    }

    /// <inheritdoc />
    public Task<DirectoryEntry?> TakeUp() =>
        Task.FromResult((Build.Order is null ? _accepting : Build)?.ToEntry(Id, options.Deadline));

    /// <inheritdoc />
    public async Task<DirectoryEntry> GiveUp(DirectoryEntry listed, string message)
    {
        if (Build.Order is null)
        {
            await _stored.ChangeAsync(_ => BuildState.GivenUp(listed, message, clock.GetUtcNow()));
            _logEnd = await logs.GetEndAsync(Id, CancellationToken.None);
            Instruments.Ended(FailureReason.Internal);
            await EndAttemptsAsync();
        }

        return Build.ToEntry(Id, options.Deadline);
    }

    /// <inheritdoc />
    public async Task<BuildSnapshot?> Watch(long afterVersion, TimeSpan wait, CancellationToken cancellationToken)
    {
        await WaitUntil(() => Build.Order is null || Build.Version > afterVersion, wait, cancellationToken);
        return Snapshot();
    }

    /// <inheritdoc />
    public async Task<ImmutableArray<BuildSnapshot>?> Transitions(long afterVersion, TimeSpan wait, CancellationToken cancellationToken)
    {
        await WaitUntil(() => Build.Order is null || Build.Version > afterVersion, wait, cancellationToken);
        return Build.Order is null ? null : Build.SnapshotsAfter(afterVersion, Id, options.Deadline);
    }

    /// <inheritdoc />
    public async Task<LogChunk?> ReadLog(long offset, int maxBytes, TimeSpan wait, CancellationToken cancellationToken)
    {
        if (Build.Order is null)
        {
            return null;
        }

        await WaitUntil(() => !Build.IsUnfinished || _logEnd > offset, wait, cancellationToken);

        // In this order: a log that had its last byte before it was read is read to its end.
        var final = !Build.IsUnfinished;
        if (_log is { } log && log.Read(offset, maxBytes) is { } recent)
        {
            return new LogChunk(offset, recent, final && offset + recent.Length >= log.End, log.End);
        }

        var page = await AskAsync(logs.ReadAsync(Id, offset, maxBytes, CancellationToken.None));
        return new LogChunk(page.Offset, ToImmutable(page.Content), final && page.Next >= page.End, page.End);
    }

    /// <inheritdoc />
    public async Task<BuildSnapshot?> Cancel(string by)
    {
        await _stored.ChangeAsync(build => build.CancelRequested(by, clock.GetUtcNow()));
        if (Build is { IsUnfinished: true, CancelledBy: not null })
        {
            await _cancelled.CancelAsync();
        }

        return Snapshot();
    }

    /// <inheritdoc />
    public async Task<BuildSnapshot?> SetPinned(bool pinned)
    {
        await _stored.ChangeAsync(build => build.PinnedAs(pinned, clock.GetUtcNow()));
        if (Build.Order is not null)
        {
            // Also when nothing changed: an earlier call may have failed here.
            await Directory.Update(Build.ToEntry(Id, options.Deadline));
        }

        return Snapshot();
    }

    /// <inheritdoc />
    public async Task<DirectoryEntry?> Forget()
    {
        // The image first: what it has noted and is not there would be taken for a build that has yet to start.
        if (Build.Order is { } order
            && (Build.IsUnfinished || Build.Pinned || !await GrainFactory.GetGrain<IImageGrain>(order.WorkspaceRef).Forget(Id)))
        {
            return Build.ToEntry(Id, options.Deadline);
        }

        await logs.DeleteAsync(Id, CancellationToken.None);
        await _stored.ClearAsync();
        DeactivateOnIdle();
        return null;
    }

    /// <inheritdoc />
    public async Task ReceiveReminder(string reminderName, TickStatus status)
    {
        // Being activated was the point: an unfinished build has been taken up by now.
        if (Build.IsUnfinished)
        {
            return;
        }

        if (Build.Order is not null)
        {
            // Its end was stored, and perhaps not listed.
            await Directory.End(Build.ToEntry(Id, options.Deadline));
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
        _stored?.Dispose();
    }

    private IBuildDirectoryGrain Directory => DirectoryShards.Of(GrainFactory, Id);

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
            if (Build.CancelledBy is not null)
            {
                await _cancelled.CancelAsync();
            }

            _log = new RecentLog(await logs.OpenAsync(Id, _deactivating.Token));
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
        catch (BelongsElsewhereException error)
        {
            LogLeftToNext(logger, error, Id);
            DeactivateOnIdle();
        }
        catch (Exception error)
        {
            LogDriveFailed(logger, error, Id);
            await EndAfterFaultAsync(error);
        }
        finally
        {
            _log = null;
            DelayDeactivation(TimeSpan.Zero);
        }
    }

    /// <summary>Makes one attempt, and another if the place failed it; then the build ends as the last one did.</summary>
    private async Task WalkAsync()
    {
        var left = Build.DeadlineAt(options.Deadline) - clock.GetUtcNow();
        using var deadline = new CancellationTokenSource(left > TimeSpan.Zero ? left : TimeSpan.Zero, clock);
        using var ends = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, _cancelled.Token, _deactivating.Token);
        AttemptOutcome outcome;
        do
        {
            outcome = await AttemptUntilAsync(ends.Token);
        }
        while (await TryAgainAsync(outcome));

        if (outcome.Failure is { } failure)
        {
            await EndAsync(failure);
        }
        else
        {
            await VerifyAsync();
        }
    }

    /// <summary>An attempt that is ended when the build is to end, which is then why it failed.</summary>
    private async Task<AttemptOutcome> AttemptUntilAsync(CancellationToken ends)
    {
        try
        {
            var outcome = await AttemptAsync(ends);
            if (outcome.Failure is { } failure && AttemptPolicy.IsFaultOfPlace(failure.Reason))
            {
                ends.ThrowIfCancellationRequested();
            }

            return outcome;
        }
        catch (OperationCanceledException) when (ends.IsCancellationRequested && !_deactivating.IsCancellationRequested)
        {
            return Build.CancelledBy is { } by
                ? AttemptOutcome.Failed(FailureReason.Cancelled, by.Length > 0 ? $"build cancelled by {by}" : "build cancelled")
                : AttemptOutcome.Failed(
                    FailureReason.Timeout, $"the build took longer than {Build.DeadlineAt(options.Deadline) - Build.CreatedAt} and was ended");
        }
    }

    /// <summary>Puts the build back into the queue if its attempt failed for a reason that another may not meet.</summary>
    private async Task<bool> TryAgainAsync(AttemptOutcome outcome)
    {
        var withSite = IsLostWithSite;
        if (outcome.Failure is not { } failure || SecretsAreLost || !AttemptPolicy.MayRetry(failure.Reason, Build.Attempt, Build.LostWithSite, withSite))
        {
            return false;
        }

        Instruments.Retried(failure.Reason);
        await AppendLineAsync($"{failure.Message}; trying once more");
        await _stored.ChangeAsync(build => build.Requeued(withSite, clock.GetUtcNow()));
        return true;
    }

    /// <summary>Waits for the build's turn, or takes up the one that it has, and gives it back when the attempt is over.</summary>
    private async Task<AttemptOutcome> AttemptAsync(CancellationToken ends)
    {
        try
        {
            if (Build.Status != BuildStatus.Queued)
            {
                await admission.HoldAsync(Turn, _deactivating.Token);
                return await ReattachAsync(ends);
            }

            if (SecretsAreLost)
            {
                return AttemptOutcome.Failed(FailureReason.BuilderLost, "the service was restarted before the build began");
            }

            ends.ThrowIfCancellationRequested();
            var refusal = await WaitForTurnAsync(ends);
            return refusal is null ? await LaunchAsync(ends) : new AttemptOutcome(refusal);
        }
        finally
        {
            _ahead = null;
            if (!_deactivating.IsCancellationRequested)
            {
                await LeaveAsync();
            }
        }
    }

    private async Task<BuildFailure?> WaitForTurnAsync(CancellationToken ends)
    {
        var since = clock.GetTimestamp();
        Instruments.BuildsWaiting.Inc();
        try
        {
            return await admission.EnterAsync(Turn, TellAheadAsync, ends);
        }
        finally
        {
            Instruments.BuildsWaiting.Dec();
            Instruments.QueueSeconds.Observe(clock.GetElapsedTime(since).TotalSeconds);
            _ahead = null;
        }
    }

    private async Task<AttemptOutcome> LaunchAsync(CancellationToken ends)
    {
        ends.ThrowIfCancellationRequested();
        if (!sites.TakesBuilds)
        {
            throw new BelongsElsewhereException("this silo is about to stop");
        }

        using var here = sites.Enter();
        var logStart = await logs.GetEndAsync(Id, ends);
        await _stored.ChangeAsync(build => build.Launched(logStart, clock.GetUtcNow(), sites.Here, sites.Run));
        IAttempt attempt;
        try
        {
            var order = Build.Order!;
            attempt = await launcher.LaunchAsync(AttemptId, order.ToOrder(), _secrets ?? order.ToSecrets(), ends);
        }
        catch (LaunchException error)
        {
            LogLaunchFailed(logger, error, Id);
            return AttemptOutcome.Failed(error.Reason, error.Message);
        }

        return await CarryOnAsync(attempt, ends);
    }

    private async Task<AttemptOutcome> ReattachAsync(CancellationToken ends)
    {
        if (IsElsewhere && sites.IsAlive(Build.Site!))
        {
            throw new BelongsElsewhereException($"its builder is on {Build.Site}");
        }

        // Also when the build is to end: only who has the attempt can end it.
        using var here = sites.Enter();
        var attempt = IsElsewhere ? null : await launcher.ReattachAsync(AttemptId, _deactivating.Token);
        if (Build.Status == BuildStatus.Verifying)
        {
            // The builder had done its work, and its log was taken over: what is left of it may be half cleared away. The registry knows the truth.
            if (attempt is not null)
            {
                await using (attempt)
                {
                    await RemoveAsync(attempt);
                }
            }

            return AttemptOutcome.Success;
        }

        return attempt is null ? AttemptOutcome.Failed(FailureReason.BuilderLost, IsElsewhere ? $"the builder was lost with {Build.Site}" : "the builder was lost") : await CarryOnAsync(attempt, ends);
    }

    private async Task<AttemptOutcome> CarryOnAsync(IAttempt attempt, CancellationToken ends)
    {
        Instruments.BuildsRunning.Inc();
        await using (attempt)
        {
            try
            {
                if (Build.Status == BuildStatus.Launching)
                {
                    await MoveAsync(BuildStatus.Running);
                }

                var outcome = await FollowAsync(attempt, ends);
                if (outcome.Failure is null && Build.Status == BuildStatus.Running)
                {
                    // Before the attempt is cleared away: it is what a restart would learn of the success from.
                    await _stored.ChangeHoweverLongAsync(build => build.Moved(BuildStatus.Verifying, clock.GetUtcNow()), _deactivating.Token);
                }

                return outcome;
            }
            catch (Exception error) when (IsLeftToNext(error))
            {
                // The attempt is the next activation's, as the build is.
                DeactivateOnIdle();
                await _deactivating.CancelAsync();
                throw;
            }
            catch (Exception) when (!_deactivating.IsCancellationRequested)
            {
                await CancelAsync(attempt);
                throw;
            }
            finally
            {
                Instruments.BuildsRunning.Dec();
                if (!_deactivating.IsCancellationRequested)
                {
                    await RemoveAsync(attempt);
                }
                else if (!sites.TakesBuilds)
                {
                    // The silo stops, and another begins the attempt anew.
                    await CancelAsync(attempt);
                }
            }
        }
    }

    /// <summary>Waits for the end of an attempt while its log is carried over; ends it when the build is to end.</summary>
    private async Task<AttemptOutcome> FollowAsync(IAttempt attempt, CancellationToken ends)
    {
        var order = Build.Order!;
        var log = new AttemptLog(attempt, Build.Attempt, LogCensor.ForBuild(order.ToOrder(), _secrets), _log!, clock);
        using var pumping = CancellationTokenSource.CreateLinkedTokenSource(_deactivating.Token);
        var pump = log.PumpAsync(Build.AttemptLogStart, OnLogAppended, pumping.Token);
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

    /// <summary>Ends whatever attempt may still run; which one that is was lost with the state.</summary>
    private async Task EndAttemptsAsync()
    {
        for (var number = 1; number <= AttemptPolicy.MaxAttempts + AttemptPolicy.MaxLostWithSite; number++)
        {
            if (await launcher.ReattachAsync(new AttemptId(Id, number), _deactivating.Token) is { } attempt)
            {
                await using (attempt)
                {
                    await CancelAsync(attempt);
                    await RemoveAsync(attempt);
                }
            }
        }
    }

    private async Task LeaveAsync()
    {
        try
        {
            await admission.LeaveAsync(Id, CancellationToken.None);
        }
        catch (Exception error)
        {
            // The queue finds out by itself that the build has ended; that is no reason for the build to end otherwise.
            LogLeaveFailed(logger, error, Id);
        }
    }

    private Task TellAheadAsync(int ahead)
    {
        _ahead = ahead;
        return AppendLineAsync(ahead switch
        {
            0 => "waiting in the queue, next in line",
            1 => "waiting in the queue behind 1 build",
            _ => $"waiting in the queue behind {ahead} builds",
        });
    }

    private async Task VerifyAsync()
    {
        if (Build.Status != BuildStatus.Verifying)
        {
            await _stored.ChangeHoweverLongAsync(build => build.Moved(BuildStatus.Verifying, clock.GetUtcNow()), _deactivating.Token);
        }

        var answer = await ResolveImageAsync();
        switch (answer.Outcome)
        {
            case ResolveOutcome.Found:
                await EndAsync(BuildStatus.Succeeded, failure: null, answer.Digest);
                break;
            case ResolveOutcome.NotFound:
                await EndAsync(new BuildFailure(FailureReason.Internal, "image build did not produce a workspace image"));
                break;
            default:
                await EndAsync(new BuildFailure(
                    FailureReason.Internal, $"cannot check if workspace image exists after the build: {answer.Message}"));
                break;
        }
    }

    /// <summary>
    /// Asks the registry for the image. This has a bound of its own: the builder had done its work before the build's deadline, so what it made counts.
    /// </summary>
    private async Task<ResolveAnswer> ResolveImageAsync()
    {
        var image = GrainFactory.GetGrain<IReferenceGrain>(ReferenceKey.OfManifest(ImageReference.Parse(Build.Order!.WorkspaceRef)));
        var query = new ResolveQuery(RegistryAccessMessage.Everything, MaxAge: TimeSpan.Zero, Patient: true);
        try
        {
            return await ReferenceQuestion.AskAsync(
                asked => calls.RetryAsync(() => image.Resolve(asked), _deactivating.Token), query, clock, _deactivating.Token);
        }
        catch (Exception error) when (GrainCalls.IsPassing(error))
        {
            return new ResolveAnswer(ResolveOutcome.Failed, string.Empty, error.Message);
        }
    }

    private Task MoveAsync(BuildStatus status) => _stored.ChangeAsync(build => build.Moved(status, clock.GetUtcNow()));

    private Task EndAsync(BuildFailure failure)
    {
        var told = SecretsAreLost && AttemptPolicy.MayRetry(failure.Reason, Build.Attempt, Build.LostWithSite, IsLostWithSite)
            ? failure with { Message = $"{failure.Message}; the credentials of the request were not stored, so please ask for the build again" }
            : failure;
        return EndAsync(BuildLifecycle.EndOf(failure.Reason), told);
    }

    private async Task EndAsync(BuildStatus status, BuildFailure? failure, string? digest = null)
    {
        var message = failure is null ? null : new BuildFailureMessage(failure.Reason, failure.WireMessage, await ReadLastLinesAsync());
        await _stored.ChangeHoweverLongAsync(build => build.Ended(status, message, digest, clock.GetUtcNow()), _deactivating.Token);
        _secrets = null;
        Instruments.Ended(failure?.Reason);
        LogEnded(logger, Id, status, failure?.Reason);
        await Directory.End(Build.ToEntry(Id, options.Deadline));
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

    // Somebody else writes this build, or this activation does not know what it has written, or cannot write: the next one reads it.
    private static bool IsLeftToNext(Exception fault) => fault is InconsistentStateException or LogUnavailableException or StoreUnavailableException;

    // Callers know what to do about a store that is away.
    private static async ValueTask<T> AskAsync<T>(ValueTask<T> log)
    {
        try
        {
            return await log;
        }
        catch (LogUnavailableException error)
        {
            throw new StoreUnavailableException(error.Message);
        }
    }

    /// <summary>The build cannot be carried on: it ends, unless its end is stored and only what comes after failed.</summary>
    private async Task EndAfterFaultAsync(Exception fault)
    {
        try
        {
            if (IsLeftToNext(fault))
            {
                DeactivateOnIdle();
            }
            else if (Build.IsUnfinished)
            {
                var disk = DiskFault.Explain(fault);
                if (disk is not null)
                {
                    Instruments.StorageFaults.Inc();
                }

                await EndAsync(disk ?? new BuildFailure(FailureReason.Internal, $"the build could not be carried on: {fault.Message}"));
            }
        }
        catch (Exception error) when (_deactivating.IsCancellationRequested)
        {
            LogLeftToNext(logger, error, Id);
        }
        catch (Exception error)
        {
            LogDriveFailed(logger, error, Id);
            if (Build.IsUnfinished)
            {
                DeactivateOnIdle();
            }
        }
    }

    private async Task DropFromDirectoryAsync()
    {
        try
        {
            await Directory.Drop(Id);
        }
        catch (Exception error)
        {
            // It is dropped when the service starts, at the latest.
            LogDropFailed(logger, error, Id);
        }
    }

    private void OnLogAppended(long end)
    {
        _logEnd = end;
        _changed.Raise();
    }

    private async Task AppendLineAsync(string line)
    {
        OnLogAppended(await _log!.AppendAsync(Encoding.UTF8.GetBytes(line + "\n"), mark: null, _deactivating.Token));
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

    private BuildSnapshot? Snapshot() => Build.Order is null ? null : Build.ToSnapshot(Id, options.Deadline) with { BuildsAhead = _ahead };
}
