using System.Collections.Concurrent;
using System.Globalization;
using ImageBuilder.Grains.Builds;
using Orleans.Runtime;
using Orleans.Storage;

namespace ImageBuilder.Grains.Tests.Hosting;

/// <summary>Grain states that outlive a host, with a hook before every write. States are immutable, so they are kept as they are.</summary>
public sealed class TestStorage : IGrainStorage, IUnreadableStates
{
    private readonly ConcurrentDictionary<(string Name, GrainId Grain), (object? State, int Version)> _states = new();

    /// <summary>Called with the state's name and the state before it is written; it may wait, and it may throw.</summary>
    public Func<string, object?, Task> BeforeWrite { get; set; } = (_, _) => Task.CompletedTask;

    /// <summary>Ends when a write did not come to an end because of <see cref="CrashBefore"/>.</summary>
    public Task Crashed { get; private set; } = Task.CompletedTask;

    /// <summary>
    /// From now on writes of "build" states that <paramref name="lost"/> picks do not come to an end, as if the process had been killed
    /// before them; they fail when the returned source is completed.
    /// </summary>
    public TaskCompletionSource CrashBefore(Func<BuildState, bool> lost)
    {
        var over = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var crashed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Crashed = crashed.Task;
        BeforeWrite = async (name, state) =>
        {
            if (name == "build" && lost((BuildState)state!))
            {
                crashed.TrySetResult();
                await over.Task;
                throw new IOException("the process is gone");
            }
        };
        return over;
    }

    /// <summary>Called with the state's name after it was written; it may throw, as if that were not known.</summary>
    public Action<string> AfterWrite { get; set; } = _ => { };

    /// <summary>Called with the state's name before it is read; it may wait, and it may throw.</summary>
    public Func<string, GrainId, Task> BeforeRead { get; set; } = (_, _) => Task.CompletedTask;

    /// <summary>Puts a state there as an earlier process left it.</summary>
    public void Put(string name, GrainId grain, object state) => _states[(name, grain)] = (state, 1);

    /// <summary>The states stored under a name.</summary>
    public IEnumerable<T> All<T>(string name) => _states.Where(stored => stored.Key.Name == name).Select(stored => (T)stored.Value.State!);

    /// <summary>States that cannot be read.</summary>
    public ConcurrentDictionary<(string Name, GrainId Grain), bool> Unreadable { get; } = new();

    /// <summary>What was put aside.</summary>
    public ConcurrentQueue<(string Name, GrainId Grain)> SetAside { get; } = new();

    public Task<string?> SetAsideAsync(string stateName, GrainId grain)
    {
        _states.TryRemove((stateName, grain), out _);
        Unreadable.TryRemove((stateName, grain), out _);
        SetAside.Enqueue((stateName, grain));
        return Task.FromResult<string?>($"{grain}.kept");
    }

    public Task<IReadOnlyList<GrainId>> FindAsync(string stateName, GrainType type) => Task.FromResult<IReadOnlyList<GrainId>>(
        [.. _states.Keys.Where(key => key.Name == stateName && key.Grain.Type == type).Select(key => key.Grain)]);

    public async Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        await BeforeRead(stateName, grainId);
        if (Unreadable.ContainsKey((stateName, grainId)))
        {
            throw new UnreadableStateException($"{grainId}: the file is empty", null);
        }

        var exists = _states.TryGetValue((stateName, grainId), out var stored);
        grainState.State = exists ? (T)stored.State! : Activator.CreateInstance<T>();
        grainState.ETag = exists ? stored.Version.ToString(CultureInfo.InvariantCulture) : null;
        grainState.RecordExists = exists;
    }

    public async Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        var state = grainState.State;
        await BeforeWrite(stateName, state);
        var version = grainState.ETag is null ? 1 : int.Parse(grainState.ETag, CultureInfo.InvariantCulture) + 1;
        if (_states.TryGetValue((stateName, grainId), out var stored) && stored.Version != version - 1)
        {
            throw new InconsistentStateException($"{stateName} of {grainId} is stored at version {stored.Version}, and {version - 1} was read");
        }

        _states[(stateName, grainId)] = (state, version);
        AfterWrite(stateName);
        grainState.ETag = version.ToString(CultureInfo.InvariantCulture);
        grainState.RecordExists = true;
    }

    public Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        _states.TryRemove((stateName, grainId), out _);
        grainState.State = Activator.CreateInstance<T>();
        grainState.ETag = null;
        grainState.RecordExists = false;
        return Task.CompletedTask;
    }
}
