namespace Orleans.Placement;

/// <summary>On the silo that the key's hash chooses.</summary>
[AttributeUsage(AttributeTargets.Class, AllowMultiple = false)]
public sealed class HashBasedPlacementAttribute : PlacementAttribute
{
    /// <summary>Puts them so.</summary>
    public HashBasedPlacementAttribute()
        : base(OneSiloPlacement.Singleton)
    {
    }
}
