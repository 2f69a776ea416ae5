namespace Orleans.Hosting;

/// <summary>The mark that clustering is configured.</summary>
internal sealed class LocalhostClustering;
