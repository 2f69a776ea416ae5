namespace Orleans.Configuration;

/// <summary>Where a cluster keeps its membership.</summary>
public class AdoNetClusteringClientOptions
{
    /// <summary>The database.</summary>
    public string ConnectionString { get; set; } = string.Empty;

    /// <summary>The provider's name, such as <c>Npgsql</c>.</summary>
    public string Invariant { get; set; } = string.Empty;
}
