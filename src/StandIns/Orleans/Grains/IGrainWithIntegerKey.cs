namespace Orleans;

/// <summary>A grain with a whole number for a key.</summary>
public interface IGrainWithIntegerKey : IGrain;
