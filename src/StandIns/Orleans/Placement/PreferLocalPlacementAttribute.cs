namespace Orleans.Placement;

/// <summary>On the silo that calls first.</summary>
[AttributeUsage(AttributeTargets.Class, AllowMultiple = false)]
public sealed class PreferLocalPlacementAttribute : PlacementAttribute
{
    /// <summary>Puts them so.</summary>
    public PreferLocalPlacementAttribute()
        : base(OneSiloPlacement.Singleton)
    {
    }
}
