namespace Orleans.Runtime.Placement;

/// <summary>What is to be put somewhere.</summary>
public readonly struct PlacementTarget
{
    /// <summary>The grain.</summary>
    public GrainId GrainIdentity { get; private init; }
}
