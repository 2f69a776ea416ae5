using Orleans.Runtime;

namespace Orleans.Placement;

/// <summary>Where everything is in one process.</summary>
internal sealed class OneSiloPlacement : PlacementStrategy
{
    public static OneSiloPlacement Singleton { get; } = new();
}
