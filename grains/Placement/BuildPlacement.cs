using Orleans.Runtime;

namespace ImageBuilder.Grains.Placement;

/// <summary>Where the builder is; on any silo while there is none.</summary>
[Serializable]
internal sealed class BuildPlacement : PlacementStrategy;
