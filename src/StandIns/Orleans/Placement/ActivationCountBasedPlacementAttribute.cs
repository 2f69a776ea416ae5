namespace Orleans.Placement;

/// <summary>On the silo with the fewest activations.</summary>
[AttributeUsage(AttributeTargets.Class, AllowMultiple = false)]
public sealed class ActivationCountBasedPlacementAttribute : PlacementAttribute
{
    /// <summary>Puts them so.</summary>
    public ActivationCountBasedPlacementAttribute()
        : base(OneSiloPlacement.Singleton)
    {
    }
}
