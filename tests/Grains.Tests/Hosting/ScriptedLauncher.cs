using System.Collections.Concurrent;
using System.Threading.Channels;
using ImageBuilder.Builds;
using ImageBuilder.Launchers;

namespace ImageBuilder.Grains.Tests.Hosting;

/// <summary>A launcher whose builders do what the test says; shared by the hosts of one test, as a machine is by services that follow each other.</summary>
internal sealed class ScriptedLauncher : IBuildLauncher
{
    private readonly Channel<ScriptedAttempt> _launched = Channel.CreateUnbounded<ScriptedAttempt>();
    private readonly ConcurrentDictionary<AttemptId, ScriptedAttempt> _attempts = new();
    private readonly ConcurrentQueue<AttemptId> _reattached = new();
    private int _launches;

    /// <summary>Called before a launch; it may wait, and it may throw.</summary>
    public Func<AttemptId, CancellationToken, Task> BeforeLaunch { get; set; } = (_, _) => Task.CompletedTask;

    /// <summary>Called before an attempt is found again; it may throw.</summary>
    public Action BeforeReattach { get; set; } = () => { };

    /// <summary>How many attempts were started or tried to.</summary>
    public int Launches => Volatile.Read(ref _launches);

    /// <summary>Which attempts were looked for again.</summary>
    public IReadOnlyCollection<AttemptId> Reattached => _reattached;

    public async Task<IAttempt> LaunchAsync(AttemptId id, BuildOrder order, BuildSecrets secrets, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _launches);
        await BeforeLaunch(id, cancellationToken);
        var attempt = new ScriptedAttempt(id, order, secrets);
        _attempts[id] = attempt;
        _launched.Writer.TryWrite(attempt);
        return attempt.Watch();
    }

    public Task<IAttempt?> ReattachAsync(AttemptId id, CancellationToken cancellationToken)
    {
        _reattached.Enqueue(id);
        BeforeReattach();
        return Task.FromResult(_attempts.TryGetValue(id, out var attempt) && !attempt.Removed.IsCompleted ? attempt.Watch() : null);
    }

    /// <summary>The next attempt that was started, in their order.</summary>
    public Task<ScriptedAttempt> NextAsync() => _launched.Reader.ReadAsync().AsTask().WaitAsync(Patience.Limit);
}
