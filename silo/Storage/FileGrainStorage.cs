using System.Globalization;
using ImageBuilder.Grains;
using Orleans.Runtime;
using Orleans.Storage;

namespace ImageBuilder.Silo.Storage;

/// <summary>
/// Keeps each state in a JSON file of its own, replaced atomically: after a crash a file holds the state before or after a write, never a
/// part of one. A write is on the disk when its task completes.
/// </summary>
internal sealed class FileGrainStorage(FileGrainStorageOptions options) : IGrainStorage, IUnreadableStates
{
    private const int Locks = 64;

    private readonly GrainStatePaths _paths = new(options.Folder);
    private readonly Lock[] _locks = [.. Enumerable.Range(0, Locks).Select(_ => new Lock())];

    /// <exception cref="CorruptGrainStateException">The file is not a state of this grain.</exception>
    public async Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        var path = _paths.PathOf(stateName, grainId);
        var stored = await Task.Run(() => GrainStateFile.Read(path));
        if (stored is null)
        {
            SetAbsent(grainState);
            return;
        }

        var (version, state) = GrainStateFile.Parse<T>(path, stored, stateName, grainId);
        grainState.State = state;
        grainState.ETag = Text(version);
        grainState.RecordExists = true;
    }

    /// <exception cref="InconsistentStateException">The file holds another version than the one that was read.</exception>
    public async Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        var path = _paths.PathOf(stateName, grainId);
        var etag = grainState.ETag;
        var version = (etag is null ? 0 : long.Parse(etag, CultureInfo.InvariantCulture)) + 1;

        // Now, in the grain's turn: while the disk is busy other turns may change the state.
        var content = GrainStateFile.Format(stateName, grainId, version, grainState.State);
        await Task.Run(() =>
        {
            lock (LockOf(path))
            {
                CheckVersion(path, stateName, grainId, etag);
                GrainStateFile.Replace(path, content, options.Folder);
            }
        });
        grainState.ETag = Text(version);
        grainState.RecordExists = true;
    }

    /// <exception cref="InconsistentStateException">The file holds another version than the one that was read.</exception>
    public async Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        var path = _paths.PathOf(stateName, grainId);
        var etag = grainState.ETag;
        await Task.Run(() =>
        {
            lock (LockOf(path))
            {
                if (CheckVersion(path, stateName, grainId, etag))
                {
                    GrainStateFile.Delete(path);
                }
            }
        });
        SetAbsent(grainState);
    }

    /// <inheritdoc />
    public Task<string?> SetAsideAsync(string stateName, GrainId grain)
    {
        var path = _paths.PathOf(stateName, grain);
        return Task.Run(() =>
        {
            lock (LockOf(path))
            {
                return GrainStateFile.SetAside(path);
            }
        });
    }

    /// <inheritdoc />
    public Task<IReadOnlyList<GrainId>> FindAsync(string stateName, GrainType type) => Task.Run<IReadOnlyList<GrainId>>(
        () => [.. _paths.KeysOf(stateName, type).Select(key => GrainId.Create(type, IdSpan.Create(key)))]);

    private static string Text(long version) => version.ToString(CultureInfo.InvariantCulture);

    private static void SetAbsent<T>(IGrainState<T> grainState)
    {
        grainState.State = Activator.CreateInstance<T>();
        grainState.ETag = null;
        grainState.RecordExists = false;
    }

    // Says whether there is a file.
    private static bool CheckVersion(string path, string stateName, GrainId grainId, string? etag)
    {
        var content = GrainStateFile.Read(path);
        var stored = content is null ? null : Text(GrainStateFile.VersionOf(path, content, stateName, grainId));
        return stored == etag
            ? stored is not null
            : throw new InconsistentStateException(
                $"{path} holds version {stored ?? "none"} of state '{stateName}' of {grainId}; the grain has read {etag ?? "none"}.", stored, etag);
    }

    private Lock LockOf(string path) => _locks[(uint)string.GetHashCode(path, StringComparison.Ordinal) % Locks];
}
