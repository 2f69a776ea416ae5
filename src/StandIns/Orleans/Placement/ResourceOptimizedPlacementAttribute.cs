namespace Orleans.Placement;

/// <summary>On the silo with the most free memory and processor time.</summary>
[AttributeUsage(AttributeTargets.Class, AllowMultiple = false)]
public sealed class ResourceOptimizedPlacementAttribute : PlacementAttribute
{
    /// <summary>Puts them so.</summary>
    public ResourceOptimizedPlacementAttribute()
        : base(OneSiloPlacement.Singleton)
    {
    }
}
