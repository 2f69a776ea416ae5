using Orleans.Runtime;

namespace Orleans.Storage;

/// <summary>Keeps the states of grains.</summary>
public interface IGrainStorage
{
    /// <summary>Fills <paramref name="grainState"/> from the storage; when there is none, with a new <typeparamref name="T"/>.</summary>
    Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState);

    /// <summary>Writes <paramref name="grainState"/> and sets its new version.</summary>
    /// <exception cref="InconsistentStateException">The storage holds another version than the one that was read.</exception>
    Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState);

    /// <summary>Removes the state.</summary>
    /// <exception cref="InconsistentStateException">The storage holds another version than the one that was read.</exception>
    Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState);
}
