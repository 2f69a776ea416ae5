namespace Orleans.Runtime;

/// <summary>A rule by which activations are put on silos. In one process there is one place.</summary>
public abstract class PlacementStrategy;
