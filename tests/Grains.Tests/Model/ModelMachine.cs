using System.Collections.Concurrent;
using ImageBuilder.Builds;
using ImageBuilder.Builds.Lifecycle;
using ImageBuilder.Grains.Tests.Hosting;
using ImageBuilder.Launchers;

namespace ImageBuilder.Grains.Tests.Model;

/// <summary>
/// Where the builders of one run do what their scenario says, whatever becomes of the service. Notes every rule that the service breaks with them.
/// </summary>
internal sealed class ModelMachine(ModelScenario scenario, TestRegistry registry)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<AttemptId, ScriptedAttempt> _attempts = [];
    private readonly Dictionary<string, int> _launches = [];
    private readonly ConcurrentQueue<string> _violations = new();

    public IReadOnlyCollection<string> Violations => _violations;

    /// <summary>Engine runs that there were.</summary>
    public int Launches
    {
        get
        {
            lock (_lock)
            {
                return _attempts.Count;
            }
        }
    }

    /// <summary>How many builders run, and how many are not cleared away.</summary>
    public (int Running, int Left) Count()
    {
        lock (_lock)
        {
            return (_attempts.Values.Count(attempt => !attempt.Completion.IsCompleted), _attempts.Values.Count(attempt => !attempt.Removed.IsCompleted));
        }
    }

    public BuilderScript ScriptOf(AttemptId id)
    {
        lock (_lock)
        {
            return _attempts.TryGetValue(id, out _) ? _scripts[id] : BuilderScript.IsNotTaken;
        }
    }

    /// <summary>The launcher as one process reaches it.</summary>
    public IBuildLauncher LauncherOf(MortalProcess process) => new Launcher(this, process);

    /// <summary>What the end of the service takes with it.</summary>
    public void ServiceDied()
    {
        if (scenario.BuildersDieWithService)
        {
            lock (_lock)
            {
                foreach (var attempt in _attempts.Values.Where(attempt => !attempt.Completion.IsCompleted))
                {
                    attempt.Fail(FailureReason.BuilderLost, "the builder was lost");
                }
            }
        }
    }

    private readonly Dictionary<AttemptId, BuilderScript> _scripts = [];

    private ScriptedAttempt Start(AttemptId id, BuildOrder order, BuildSecrets secrets)
    {
        lock (_lock)
        {
            var count = _launches[order.WorkspaceRef] = _launches.GetValueOrDefault(order.WorkspaceRef) + 1;
            var script = scenario.Builders[Math.Min(count, scenario.Builders.Length) - 1];
            if (script == BuilderScript.IsNotTaken)
            {
                throw new LaunchException(FailureReason.LauncherUnavailable, "no room");
            }

            if (_attempts.Values.Any(other => other.Order.WorkspaceRef == order.WorkspaceRef && !other.Completion.IsCompleted))
            {
                _violations.Enqueue($"{id} was launched while the same image was being built");
            }

            if (id.Number > AttemptPolicy.MaxAttempts || _attempts.ContainsKey(id))
            {
                _violations.Enqueue($"{id} was launched once too often");
            }

            var attempt = new ScriptedAttempt(id, order, secrets);
            _attempts[id] = attempt;
            _scripts[id] = script;
            attempt.OnCancel = script == BuilderScript.SucceedsWhenCancelled ? Succeed : attempt.OnCancel;
            _ = Task.Run(() => Play(attempt, script));
            return attempt;
        }
    }

    private async Task Play(ScriptedAttempt attempt, BuilderScript script)
    {
        for (var line = 1; line <= 3; line++)
        {
            attempt.Write($"{attempt.Id} line {line} of {attempt.Order.WorkspaceRef}\n");
            await Task.Yield();
        }

        switch (script)
        {
            case BuilderScript.Succeeds:
                Succeed(attempt);
                break;
            case BuilderScript.Fails:
                attempt.Fail(FailureReason.BuildStepFailed, "build failed: RUN false");
                break;
            case BuilderScript.IsLost:
                attempt.Fail(FailureReason.BuilderLost, "the builder was lost");
                break;
        }
    }

    private void Succeed(ScriptedAttempt attempt)
    {
        registry.Put(attempt.Order.WorkspaceRef[(TestRegistry.Host.Length + 1)..]);
        attempt.Succeed();
    }

    private sealed class Launcher(ModelMachine machine, MortalProcess process) : IBuildLauncher
    {
        public Task<IAttempt> LaunchAsync(AttemptId id, BuildOrder order, BuildSecrets secrets, CancellationToken cancellationToken) => process.DoAsync(() =>
        {
            cancellationToken.ThrowIfCancellationRequested();
            return Task.FromResult<IAttempt>(new Attempt(machine.Start(id, order, secrets).Watch(), process));
        });

        public Task<IAttempt?> ReattachAsync(AttemptId id, CancellationToken cancellationToken) => process.DoAsync(() =>
        {
            lock (machine._lock)
            {
                return Task.FromResult<IAttempt?>(machine._attempts.TryGetValue(id, out var attempt) && !attempt.Removed.IsCompleted
                    ? new Attempt(attempt.Watch(), process)
                    : null);
            }
        });
    }

    private sealed class Attempt(IAttempt inner, MortalProcess process) : IAttempt
    {
        public Task<AttemptOutcome> Completion => inner.Completion;

        public ValueTask<int> ReadLogAsync(long offset, Memory<byte> buffer, CancellationToken cancellationToken) =>
            inner.ReadLogAsync(offset, buffer, cancellationToken);

        public void ReleaseLog(long offset) => inner.ReleaseLog(offset);

        public Task CancelAsync(CancellationToken cancellationToken) => process.DoAsync(async () =>
        {
            await inner.CancelAsync(cancellationToken);
            return true;
        });

        public Task RemoveAsync(CancellationToken cancellationToken) => process.DoAsync(async () =>
        {
            await inner.RemoveAsync(cancellationToken);
            return true;
        });

        public ValueTask DisposeAsync() => inner.DisposeAsync();
    }
}
