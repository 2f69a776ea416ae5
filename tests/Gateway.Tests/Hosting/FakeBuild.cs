using System.Collections.Immutable;
using System.Text;
using ImageBuilder.Builds.Lifecycle;
using ImageBuilder.Grains;
using ImageBuilder.Grains.Messages;

namespace ImageBuilder.Gateway.Tests.Hosting;

/// <summary>A build that stands where the test puts it.</summary>
internal sealed class FakeBuild : IBuildGrain
{
    private readonly Lock _lock = new();
    private readonly FakeGrains _grains;
    private readonly List<byte> _log = [];
    private readonly List<BuildSnapshot> _versions = [];
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private BuildSnapshot? _snapshot;
    private int _keptFrom;
    private int _watchers;

    public FakeBuild(FakeGrains grains, string workspaceRef, string baseRef)
        : this(grains)
    {
        _snapshot = new BuildSnapshot(
            Id, 1, BuildStatus.Queued, workspaceRef, baseRef, "owner", 0, DateTimeOffset.UnixEpoch.AddSeconds(1_700_000_000), null, null, null);
        _versions.Add(_snapshot);
    }

    private FakeBuild(FakeGrains grains) => _grains = grains;

    public Guid Id { get; } = Guid.NewGuid();

    /// <summary>How many calls wait for a change at the moment.</summary>
    public int Watchers => Volatile.Read(ref _watchers);

    public bool IsCancelled { get; private set; }

    public string? CancelledBy { get; private set; }

    /// <summary>Changes whatever the test says, as a new version.</summary>
    public void Change(Func<BuildSnapshot, BuildSnapshot> change) => Change(() => _snapshot = change(_snapshot!) with { Version = _snapshot!.Version + 1 });

    public static FakeBuild Unknown(FakeGrains grains) => new(grains);

    public void Move(BuildStatus status, BuildFailureMessage? failure = null) => Change(() => _snapshot = _snapshot! with
    {
        Status = status,
        Version = _snapshot.Version + 1,
        Failure = failure,
    });

    public void Fail(FailureReason reason, string message) => Move(BuildStatus.Failed, new BuildFailureMessage(reason, message, []));

    public void Write(string text) => Change(() => _log.AddRange(Encoding.UTF8.GetBytes(text)));

    /// <summary>Drops the bytes before <paramref name="offset"/>.</summary>
    public void KeepFrom(int offset) => Change(() => _keptFrom = offset);

    public Task Start(BuildOrderMessage order) => throw new NotSupportedException();

    public Task<DirectoryEntry?> TakeUp() => throw new NotSupportedException();

    public Task<DirectoryEntry> GiveUp(DirectoryEntry listed, string message) => throw new NotSupportedException();

    public async Task<BuildSnapshot?> Watch(long afterVersion, TimeSpan wait, CancellationToken cancellationToken = default)
    {
        await _grains.BeforeCall(nameof(Watch));
        await UntilAsync(() => _snapshot is null || _snapshot.Version > afterVersion, wait, cancellationToken);
        lock (_lock)
        {
            return _snapshot;
        }
    }

    public async Task<LogChunk?> ReadLog(long offset, int maxBytes, TimeSpan wait, CancellationToken cancellationToken = default)
    {
        await _grains.BeforeCall(nameof(ReadLog));
        await UntilAsync(() => _snapshot is null or { IsFinal: true } || _log.Count > offset, wait, cancellationToken);
        lock (_lock)
        {
            if (_snapshot is null)
            {
                return null;
            }

            var from = Math.Min(Math.Max((int)offset, _keptFrom), _log.Count);
            var content = _log.Skip(from).Take(maxBytes).ToImmutableArray();
            return new LogChunk(from, content, _snapshot.IsFinal && from + content.Length >= _log.Count, _log.Count);
        }
    }

    public async Task<ImmutableArray<BuildSnapshot>?> Transitions(long afterVersion, TimeSpan wait, CancellationToken cancellationToken = default)
    {
        await _grains.BeforeCall(nameof(Transitions));
        await UntilAsync(() => _snapshot is null || _snapshot.Version > afterVersion, wait, cancellationToken);
        lock (_lock)
        {
            return _snapshot is null ? null : [.. _versions.Where(snapshot => snapshot.Version > afterVersion)];
        }
    }

    public Task<BuildSnapshot?> Cancel(string by)
    {
        IsCancelled = true;
        CancelledBy = by;
        return Task.FromResult(_snapshot);
    }

    public Task<BuildSnapshot?> SetPinned(bool pinned)
    {
        Change(() => _snapshot = _snapshot is null ? null : _snapshot with { Version = _snapshot.Version + 1, Pinned = pinned });
        return Task.FromResult(_snapshot);
    }

    public Task<DirectoryEntry?> Forget() => throw new NotSupportedException();

    private void Change(Action change)
    {
        lock (_lock)
        {
            change();
            if (_snapshot is not null && _versions[^1].Version < _snapshot.Version)
            {
                _versions.Add(_snapshot);
            }

            var changed = _changed;
            _changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            changed.SetResult();
        }
    }

    private async Task UntilAsync(Func<bool> reached, TimeSpan wait, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _watchers);
        try
        {
            while (true)
            {
                Task changed;
                lock (_lock)
                {
                    if (reached() || wait <= TimeSpan.Zero)
                    {
                        return;
                    }

                    changed = _changed.Task;
                }

                await changed.WaitAsync(wait, _grains.Clock, cancellationToken);
            }
        }
        catch (TimeoutException)
        {
        }
        finally
        {
            Interlocked.Decrement(ref _watchers);
        }
    }
}
