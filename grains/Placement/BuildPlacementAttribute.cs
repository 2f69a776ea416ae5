using Orleans.Placement;

namespace ImageBuilder.Grains.Placement;

/// <summary>Puts a build's grain where its builder is, which it follows; on any silo while there is none.</summary>
[AttributeUsage(AttributeTargets.Class)]
internal sealed class BuildPlacementAttribute() : PlacementAttribute(new BuildPlacement());
