namespace Orleans.Runtime.Placement;

/// <summary>What a director sees of the cluster.</summary>
public interface IPlacementContext
{
    /// <summary>The living silos that have the grain class.</summary>
    SiloAddress[] GetCompatibleSilos(PlacementTarget target);
}
