using Orleans.Core;

namespace Orleans.Runtime;

/// <summary>A stored state of a grain, read before its <c>OnActivateAsync</c>; a constructor parameter with <see cref="PersistentStateAttribute"/>.</summary>
public interface IPersistentState<TState> : IStorage<TState>;
