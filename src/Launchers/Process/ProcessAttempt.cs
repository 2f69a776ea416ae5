using System.Diagnostics.CodeAnalysis;
using ImageBuilder.Builds.Lifecycle;

namespace ImageBuilder.Launchers.Process;

/// <summary>An attempt whose processes run on this machine, whether this service started them or an earlier one did.</summary>
internal sealed class ProcessAttempt : IAttempt
{
    private readonly AttemptFolder _folder;
    private readonly BuilderProcess? _proxy;
    private readonly BuilderProcess? _init;
    private readonly BuilderProcess? _build;
    private readonly ControlGroup? _group;
    private readonly ProcessLauncherOptions _options;
    private readonly Func<CancellationToken, Task> _cleanEngine;
    private readonly TimeProvider _clock;
    private readonly CancellationTokenSource _letGo = new();
    private readonly RawLog _log;
    private readonly Task _watch;

    public ProcessAttempt(
        AttemptFolder folder,
        BuilderProcess? proxy,
        BuilderProcess? init,
        BuilderProcess? build,
        ControlGroup? group,
        ProcessLauncherOptions options,
        Func<CancellationToken, Task> cleanEngine,
        TimeProvider clock)
    {
        _folder = folder;
        _proxy = proxy;
        _init = init;
        _build = build;
        _group = group;
        _options = options;
        _cleanEngine = cleanEngine;
        _clock = clock;
        _log = new RawLog(folder.Log, build);
        _watch = group?.WatchAsync(clock, _letGo.Token) ?? Task.CompletedTask;
        Completion = WatchAsync(_letGo.Token);
    }

    /// <inheritdoc />
    public Task<AttemptOutcome> Completion { get; }

    private IEnumerable<BuilderProcess> Processes => new[] { _build, _init, _proxy }.OfType<BuilderProcess>();

    /// <inheritdoc />
    public ValueTask<int> ReadLogAsync(long offset, Memory<byte> buffer, CancellationToken cancellationToken) =>
        _log.ReadAsync(offset, buffer, cancellationToken);

    /// <inheritdoc />
    public void ReleaseLog(long offset) => _log.Release(offset);

    /// <inheritdoc />
    public async Task CancelAsync(CancellationToken cancellationToken)
    {
        if (_build is not null)
        {
            // Nothing else is ended before it: when `init` or `proxy` ends early, the watcher kills all that is left.
            _log.LetWriterGo();
            _build.Terminate();
            using var grace = new CancellationTokenSource(_options.CancelGrace, _clock);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(grace.Token, cancellationToken);
            await _build.WaitForExitAsync(_clock, either.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        await KillAllAsync();
    }

    /// <inheritdoc />
    public async Task RemoveAsync(CancellationToken cancellationToken)
    {
        await KillAllAsync();

        // Until they are gone they may make files where files are being removed.
        await Task.WhenAll(Processes.Select(process => process.WaitForExitAsync(_clock, cancellationToken)));
        _group?.Remove();
        if (OutcomeFile.Read(_folder.Outcome) is null)
        {
            // It was killed, and did not clean up after itself.
            await _cleanEngine(cancellationToken);
        }

        await FolderRemoval.RemoveAsync(_folder.Root);
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await _letGo.CancelAsync();
        await Task.WhenAll(Completion, _watch).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        foreach (var process in Processes)
        {
            process.Dispose();
        }

        _log.Dispose();
        _letGo.Dispose();
    }

    [SuppressMessage("Reliability", "CA2016", Justification = "Waits for exits share one token.")]
    private async Task<AttemptOutcome> WatchAsync(CancellationToken cancellationToken)
    {
        await Task.Yield();
        if (_build is null || _proxy is null)
        {
            await KillAllAsync();
            return Lost("the service stopped before the builder was running");
        }

        var build = _build.WaitForExitAsync(_clock, cancellationToken);
        var proxy = _proxy.WaitForExitAsync(_clock, cancellationToken);
        var init = _init?.WaitForExitAsync(_clock, cancellationToken) ?? Task.CompletedTask;
        await Task.WhenAny(build, proxy, init);
        cancellationToken.ThrowIfCancellationRequested();
        if (init.IsCompleted && !File.Exists(_folder.Ready))
        {
            await KillAllAsync();
            return Ended("fetching the build context ended without telling how");
        }

        await Task.WhenAny(build, proxy);
        cancellationToken.ThrowIfCancellationRequested();
        var proxyWentFirst = !build.IsCompleted;
        await KillAllAsync();
        return Ended(proxyWentFirst ? "the builder's registry proxy ended early" : "the builder ended without telling how");
    }

    private AttemptOutcome Ended(string lost)
    {
        var outcome = OutcomeFile.Read(_folder.Outcome);
        var message = outcome is null ? $"build failed: {lost}" : outcome.Failure?.Message ?? string.Empty;
        return outcome is null or { Failure.Reason: FailureReason.BuildStepFailed } && _group?.ReachedLimit(message) is { } limit
            ? AttemptOutcome.Failed(FailureReason.BuildStepFailed, $"{message} (the build {limit})")
            : outcome ?? Lost(lost);
    }

    private static AttemptOutcome Lost(string what) => AttemptOutcome.Failed(FailureReason.BuilderLost, $"the builder was lost: {what}");

    private async Task KillAllAsync()
    {
        foreach (var process in Processes)
        {
            process.KillGroup();
        }

        await (_group?.KillAsync() ?? Task.CompletedTask);
    }
}
