using Orleans.Runtime;

namespace ImageBuilder.Grains;

/// <summary>What the storage of states does about those that cannot be read (<see cref="UnreadableStateException"/>).</summary>
public interface IUnreadableStates
{
    /// <summary>
    /// Puts a state that cannot be read where nothing reads or writes it, so that its grain starts without a state. Nothing of it is lost.
    /// </summary>
    /// <returns>Where it is now, for whoever mends it; null when there is none.</returns>
    Task<string?> SetAsideAsync(string stateName, GrainId grain);

    /// <summary>The grains of a type that have a state stored, whether it can be read or not.</summary>
    Task<IReadOnlyList<GrainId>> FindAsync(string stateName, GrainType type);
}
