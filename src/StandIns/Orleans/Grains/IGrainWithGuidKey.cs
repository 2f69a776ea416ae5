namespace Orleans;

/// <summary>A grain with a GUID for a key.</summary>
public interface IGrainWithGuidKey : IGrain;
