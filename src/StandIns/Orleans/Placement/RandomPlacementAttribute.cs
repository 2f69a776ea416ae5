namespace Orleans.Placement;

/// <summary>On a random silo.</summary>
[AttributeUsage(AttributeTargets.Class, AllowMultiple = false)]
public sealed class RandomPlacementAttribute : PlacementAttribute
{
    /// <summary>Puts them so.</summary>
    public RandomPlacementAttribute()
        : base(OneSiloPlacement.Singleton)
    {
    }
}
