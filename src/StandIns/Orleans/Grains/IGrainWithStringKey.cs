namespace Orleans;

/// <summary>A grain with a string for a key.</summary>
public interface IGrainWithStringKey : IGrain;
