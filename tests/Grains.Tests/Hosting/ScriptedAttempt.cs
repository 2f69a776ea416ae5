using System.Runtime.InteropServices;
using System.Text;
using ImageBuilder.Builds;
using ImageBuilder.Builds.Lifecycle;
using ImageBuilder.Launchers;

namespace ImageBuilder.Grains.Tests.Hosting;

/// <summary>A builder that does what the test says. It outlives the hosts that watch it.</summary>
internal sealed class ScriptedAttempt(AttemptId id, BuildOrder order, BuildSecrets secrets)
{
    private readonly Lock _lock = new();
    private readonly List<byte> _log = [];
    private readonly TaskCompletionSource<AttemptOutcome> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _cancelled = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _removed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _cancels;

    public AttemptId Id => id;

    public BuildOrder Order => order;

    public BuildSecrets Secrets => secrets;

    public Task<AttemptOutcome> Completion => _completion.Task;

    /// <summary>Ends when it was asked to end.</summary>
    public Task Cancelled => _cancelled.Task;

    /// <summary>Ends when it was cleared away.</summary>
    public Task Removed => _removed.Task;

    public int Cancels => Volatile.Read(ref _cancels);

    /// <summary>What it does when it is cancelled. Default: it is killed.</summary>
    public Action<ScriptedAttempt> OnCancel { get; set; } = attempt => attempt.Fail(FailureReason.BuilderLost, "the builder was killed");

    /// <summary>What it does when it is removed. Default: nothing.</summary>
    public Action OnRemove { get; set; } = () => { };

    /// <summary>Called when a watcher lets go of it.</summary>
    public Action OnLetGo { get; set; } = () => { };

    public void Write(string text) => Write(Encoding.UTF8.GetBytes(text));

    public void Write(ReadOnlySpan<byte> bytes)
    {
        lock (_lock)
        {
            _log.AddRange(bytes);
        }
    }

    public void Succeed() => _completion.TrySetResult(AttemptOutcome.Success);

    public void Fail(FailureReason reason, string message) => _completion.TrySetResult(AttemptOutcome.Failed(reason, message));

    public void Break(Exception error) => _completion.TrySetException(error);

    /// <summary>A new watcher.</summary>
    public IAttempt Watch() => new Watcher(this);

    private sealed class Watcher(ScriptedAttempt attempt) : IAttempt
    {
        public Task<AttemptOutcome> Completion => attempt.Completion;

        public ValueTask<int> ReadLogAsync(long offset, Memory<byte> buffer, CancellationToken cancellationToken)
        {
            lock (attempt._lock)
            {
                var read = Math.Min(buffer.Length, attempt._log.Count - (int)offset);
                CollectionsMarshal.AsSpan(attempt._log).Slice((int)offset, read).CopyTo(buffer.Span);
                return ValueTask.FromResult(read);
            }
        }

        public void ReleaseLog(long offset)
        {
            lock (attempt._lock)
            {
                // Whoever reads it all the same sees something else.
                CollectionsMarshal.AsSpan(attempt._log)[..(int)offset].Clear();
            }
        }

        public Task CancelAsync(CancellationToken cancellationToken)
        {
            Interlocked.Increment(ref attempt._cancels);
            attempt._cancelled.TrySetResult();
            attempt.OnCancel(attempt);
            return Task.CompletedTask;
        }

        public Task RemoveAsync(CancellationToken cancellationToken)
        {
            attempt.OnRemove();
            attempt._removed.TrySetResult();
            return Task.CompletedTask;
        }

        public ValueTask DisposeAsync()
        {
            attempt.OnLetGo();
            return ValueTask.CompletedTask;
        }
    }
}
