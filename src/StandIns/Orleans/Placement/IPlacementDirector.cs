namespace Orleans.Runtime.Placement;

/// <summary>Puts activations on silos by a strategy. In one process nobody is asked.</summary>
public interface IPlacementDirector
{
    /// <summary>The silo for an activation of <paramref name="target"/>.</summary>
    Task<SiloAddress> OnAddActivation(PlacementStrategy strategy, PlacementTarget target, IPlacementContext context);
}
