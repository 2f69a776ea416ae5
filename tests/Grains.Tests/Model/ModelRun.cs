using System.Collections.Concurrent;
using System.Collections.Immutable;
using ImageBuilder.Builds;
using ImageBuilder.Builds.Lifecycle;
using ImageBuilder.Builds.Logs;
using ImageBuilder.Grains.Builds;
using ImageBuilder.Grains.Directory;
using ImageBuilder.Grains.Images;
using ImageBuilder.Grains.Messages;
using ImageBuilder.Grains.Tests.Hosting;
using ImageBuilder.Launchers;
using Microsoft.Extensions.DependencyInjection;

namespace ImageBuilder.Grains.Tests.Model;

/// <summary>
/// One run of a scenario on the real grains, whose service is killed at the given steps, one process after the other, and started again. Clients go on
/// as the gateway does, and hold the service to everything that it told them.
/// </summary>
internal sealed class ModelRun : IAsyncDisposable
{
    private static readonly TimeSpan Wait = TimeSpan.FromSeconds(2);

    private readonly ModelScenario _scenario;
    private readonly Queue<int> _kills;
    private readonly ConcurrentDictionary<string, bool> _states;
    private readonly GrainWorld _world = new() { Options = new BuildOptions { ForgetPeriod = TimeSpan.FromMinutes(30) } };
    private readonly ModelMachine _machine;
    private readonly Random _faults;
    private readonly Lock _lock = new();
    private readonly Dictionary<(Guid, long), BuildSnapshot> _told = [];
    private readonly Dictionary<Guid, List<byte>> _logs = [];
    private readonly HashSet<Guid> _cancelled = [];
    private readonly List<(MortalProcess Process, GrainHost Host)> _dead = [];
    private Task<(MortalProcess Process, GrainHost Host)> _current = null!;
    private int _number;

    public ModelRun(ModelScenario scenario, IEnumerable<int> kills, int seed, ConcurrentDictionary<string, bool> states)
    {
        _scenario = scenario;
        _kills = new Queue<int>(kills);
        _states = states;
        _faults = new Random(seed);
        _machine = new ModelMachine(scenario, _world.Registry);
    }

    /// <summary>Runs to the end of every build, and gives how many steps the first process made.</summary>
    public async Task<int> RunAsync()
    {
        _current = StartAsync();
        var first = (await _current).Process;
        var clients = _scenario.Orders.Select((order, index) => OrderAndFollowAsync(order, isFirst: index == 0)).ToList();
        await Task.WhenAll(clients).WaitAsync(Patience.Limit);
        await CheckAsync([.. clients.Select(client => client.Result)]);
        return first.Steps;
    }

    public async ValueTask DisposeAsync()
    {
        if (_current is { IsCompletedSuccessfully: true })
        {
            _dead.Add(_current.Result);
        }

        foreach (var (process, host) in _dead)
        {
            process.Bury();
            await host.DisposeAsync();
        }

        await _world.DisposeAsync();
    }

    private async Task<(MortalProcess Process, GrainHost Host)> StartAsync()
    {
        var number = Interlocked.Increment(ref _number);
        var process = new MortalProcess(_kills.TryDequeue(out var step) ? step : 0, () => Observe(number));
        _world.ReopenLogs();
        var host = await GrainHost.StartAsync(
            _world,
            services => services
                .AddSingleton<IBuildLauncher>(_machine.LauncherOf(process))
                .AddSingleton<IBuildLogs>(new MortalLogs(_world.Logs, process)),
            new MortalStorage(_world.Storage, process, NextFault));
        var takingUp = host.TakeUpAsync();
        if (await Task.WhenAny(takingUp, process.Killed) == takingUp)
        {
            await takingUp;
        }

        return (process, host);
    }

    private WriteFault NextFault()
    {
        if (_scenario.FaultyWrites == 0)
        {
            return WriteFault.None;
        }

        lock (_lock)
        {
            return _faults.Next(_scenario.FaultyWrites) > 0 ? WriteFault.None : _faults.Next(2) > 0 ? WriteFault.Made : WriteFault.NotMade;
        }
    }

    /// <summary>Makes a call, and again to the next process when the one that was called is killed.</summary>
    private async Task<T> CallAsync<T>(Func<GrainHost, Task<T>> call)
    {
        while (true)
        {
            var current = _current;
            var (process, host) = await current;
            try
            {
                var answer = call(host);
                if (await Task.WhenAny(answer, process.Killed) == answer)
                {
                    return await answer;
                }
            }
            catch (Exception) when (process.Killed.IsCompleted)
            {
            }
            catch (Exception error) when (_scenario.FaultyWrites > 0 && error is not ShouldAssertException)
            {
                // The user asks again.
                continue;
            }

            await process.Gone;
            lock (_lock)
            {
                if (_current == current)
                {
                    _machine.ServiceDied();
                    _dead.Add((process, host));
                    _current = StartAsync();
                }
            }
        }
    }

    private async Task<Guid> OrderAndFollowAsync(ModelOrder order, bool isFirst)
    {
        var message = GrainWorld.Order(order.Tag, order.Force) with { Deadline = order.Deadline };
        var id = (await CallAsync(host => host.Image(message.WorkspaceRef).Build(message))).BuildId;
        var cancelled = false;
        for (long version = 0; ;)
        {
            if (isFirst && !cancelled && version >= _scenario.CancelAfter)
            {
                cancelled = true;
                await CancelAsync(id);
            }

            var known = version;
            var told = await CallAsync(host => host.Build(id).Transitions(known, Wait));
            told.ShouldNotBeNull($"build {id} was told to a client and is gone");
            foreach (var snapshot in told.Value)
            {
                snapshot.Version.ShouldBe(++version);
                Hear(snapshot);
            }

            await ReadLogAsync(id);
            if (isFirst && _scenario.Pins && version == 2)
            {
                Hear((await CallAsync(host => host.Build(id).SetPinned(true))).ShouldNotBeNull());
            }

            if (told.Value.Any(snapshot => snapshot.IsFinal))
            {
                return id;
            }
        }
    }

    private async Task CancelAsync(Guid id)
    {
        var answer = (await CallAsync(host => host.Build(id).Cancel("anna"))).ShouldNotBeNull();
        (answer.CancelRequested || answer.IsFinal).ShouldBeTrue();
        Hear(answer);
        if (answer.CancelRequested)
        {
            lock (_lock)
            {
                _cancelled.Add(id);
            }
        }
    }

    /// <summary>No version is ever told otherwise than it was before.</summary>
    private void Hear(BuildSnapshot snapshot)
    {
        lock (_lock)
        {
            var told = snapshot with { BuildsAhead = null, Failure = snapshot.Failure is null ? null : snapshot.Failure with { LastLines = [] } };
            if (!_told.TryAdd((told.Id, told.Version), told))
            {
                told.ShouldBe(_told[(told.Id, told.Version)]);
            }
        }
    }

    /// <summary>No byte is ever told otherwise than it was before.</summary>
    private async Task ReadLogAsync(Guid id)
    {
        var chunk = (await CallAsync(host => host.Build(id).ReadLog(0, 1 << 20, TimeSpan.Zero))).ShouldNotBeNull();
        chunk.Offset.ShouldBe(0);
        lock (_lock)
        {
            if (!_logs.TryGetValue(id, out var known))
            {
                _logs[id] = known = [];
            }

            var both = Math.Min(known.Count, chunk.Content.Length);
            chunk.Content[..both].ShouldBe(known[..both]);
            if (chunk.Content.Length > known.Count)
            {
                known.AddRange(chunk.Content[known.Count..]);
            }
        }
    }

    private async Task CheckAsync(ImmutableArray<Guid> builds)
    {
        _machine.Violations.ShouldBeEmpty();
        foreach (var id in builds.Distinct())
        {
            var ended = (await CallAsync(host => host.Build(id).Watch(0, TimeSpan.Zero))).ShouldNotBeNull();
            ended.IsFinal.ShouldBeTrue();
            await ReadLogAsync(id);
            var last = ended.Attempt == 0 ? BuilderScript.IsNotTaken : _machine.ScriptOf(new AttemptId(id, ended.Attempt));
            var cancelled = _cancelled.Contains(id);
            switch (ended.Status)
            {
                case BuildStatus.Succeeded:
                    last.ShouldBeOneOf(BuilderScript.Succeeds, BuilderScript.SucceedsWhenCancelled);
                    break;
                case BuildStatus.Cancelled:
                    cancelled.ShouldBeTrue();
                    break;
                case BuildStatus.TimedOut:
                    _scenario.Orders.ShouldContain(order => order.Deadline != null);
                    break;
                default:
                    ended.Failure!.Reason.ShouldBeOneOf(
                        _scenario.FaultyWrites > 0 ? [FailureReason.BuildStepFailed, FailureReason.BuilderLost, FailureReason.LauncherUnavailable, FailureReason.Internal, FailureReason.OutOfDisk]
                        : [FailureReason.BuildStepFailed, FailureReason.BuilderLost, FailureReason.LauncherUnavailable]);
                    (ended.Failure.Reason != FailureReason.BuildStepFailed || last == BuilderScript.Fails).ShouldBeTrue();
                    break;
            }
        }

        // Of those that were stored: a client who was not answered orders again, and may get another build when the first has failed.
        var accepted = _world.Storage.All<BuildState>("build").Count(build => build.Order is not null);
        accepted.ShouldBeLessThanOrEqualTo(_scenario.Orders.Length + _number - 1 + (_scenario.FaultyWrites > 0 ? 100 : 0));
        _machine.Launches.ShouldBeLessThanOrEqualTo(AttemptPolicy.MaxAttempts * accepted);
        using var over = new CancellationTokenSource(Patience.Limit);
        while ((await CallAsync(host => host.ListRunningAsync())).Count > 0 || _machine.Count() != (0, 0))
        {
            // What a write that failed has left is set right when the service starts, at the latest.
            over.Token.ThrowIfCancellationRequested();
            await CallAsync(async host =>
            {
                await host.TakeUpAsync();
                return true;
            });
            await Task.Delay(10, over.Token);
            if (_scenario.FaultyWrites > 0 || _number > 1)
            {
                // A folder that was left is the launcher's to collect.
                if ((await CallAsync(host => host.ListRunningAsync())).Count == 0 && _machine.Count().Running == 0)
                {
                    break;
                }
            }
        }
    }

    /// <summary>Notes the state of the world: what is stored, and what runs.</summary>
    private void Observe(int process)
    {
        var builds = _world.Storage.All<BuildState>("build")
            .Where(build => build.Order is not null)
            .OrderBy(build => build.CreatedAt)
            .Select(build => $"{build.Order!.WorkspaceRef[^1]}{build.Status}{build.Attempt}{(build.CancelledBy is null ? "" : "c")}{(build.Pinned ? "p" : "")}");
        var images = _world.Storage.All<ImageState>("image").Count(image => image.BuildId is not null);
        var directory = _world.Storage.All<DirectoryState>("directory").Aggregate((Running: 0, Ended: 0), (sum, shard) => (sum.Running + shard.Running.Count, sum.Ended + shard.Ended.Count));
        var queue = _world.Storage.All<ImageBuilder.Grains.Queue.QueueState>("queue").Sum(state => state.Running.Count);
        var (running, left) = _machine.Count();
        _states[$"{_scenario.Name}|{process}|{string.Join(',', builds)}|{images}|{directory.Running}+{directory.Ended}|{queue}|{running}/{left}"] = true;
    }
}
