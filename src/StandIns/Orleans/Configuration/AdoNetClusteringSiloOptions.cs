using System.Data.Common;

namespace Orleans.Configuration;

/// <summary>Where a cluster keeps its membership.</summary>
public class AdoNetClusteringSiloOptions
{
    /// <summary>The connections of the database.</summary>
    public DbDataSource? DataSource { get; set; }

    /// <summary>The provider's name, such as <c>Npgsql</c>.</summary>
    public string Invariant { get; set; } = string.Empty;
}
