using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json;
using Orleans.Runtime;

namespace Orleans.Storage;

/// <summary>Keeps states as JSON in memory: a copy, as any other storage would make.</summary>
internal sealed class MemoryGrainStorage(string name) : IGrainStorage
{
    private readonly ConcurrentDictionary<(string, GrainId), Entry> _entries = new();

    public Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        var isStored = _entries.TryGetValue((stateName, grainId), out var entry);
        grainState.State = isStored ? JsonSerializer.Deserialize<T>(entry!.Json)! : Activator.CreateInstance<T>();
        grainState.ETag = entry?.ETag;
        grainState.RecordExists = isStored;
        return Task.CompletedTask;
    }

    public Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        var version = grainState.ETag is null ? 1 : int.Parse(grainState.ETag, CultureInfo.InvariantCulture) + 1;
        var entry = new Entry(JsonSerializer.SerializeToUtf8Bytes(grainState.State), version.ToString(CultureInfo.InvariantCulture));
        _entries.AddOrUpdate(
            (stateName, grainId),
            _ => grainState.ETag is null ? entry : throw Inconsistent(stateName, grainId, null, grainState.ETag),
            (_, stored) => stored.ETag == grainState.ETag ? entry : throw Inconsistent(stateName, grainId, stored.ETag, grainState.ETag));
        grainState.ETag = entry.ETag;
        grainState.RecordExists = true;
        return Task.CompletedTask;
    }

    public Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        if (_entries.TryGetValue((stateName, grainId), out var stored)
            && (stored.ETag != grainState.ETag || !_entries.TryRemove(KeyValuePair.Create((stateName, grainId), stored))))
        {
            throw Inconsistent(stateName, grainId, stored.ETag, grainState.ETag);
        }

        grainState.State = Activator.CreateInstance<T>();
        grainState.ETag = null;
        grainState.RecordExists = false;
        return Task.CompletedTask;
    }

    private InconsistentStateException Inconsistent(string stateName, GrainId grainId, string? stored, string? current) =>
        new($"Storage '{name}' holds version {stored ?? "none"} of state '{stateName}' of {grainId}; the grain read {current ?? "none"}.", stored, current);

    private sealed record Entry(byte[] Json, string ETag);
}
