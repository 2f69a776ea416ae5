using System.Data.Common;
using Orleans.Storage;

namespace Orleans.Configuration;

/// <summary>Where a cluster keeps its grains' states.</summary>
public class AdoNetGrainStorageOptions
{
    /// <summary>The database.</summary>
    public string? ConnectionString { get; set; }

    /// <summary>Its connections, in the place of <see cref="ConnectionString"/>.</summary>
    public DbDataSource? DataSource { get; set; }

    /// <summary>The provider's name, such as <c>Npgsql</c>.</summary>
    public string Invariant { get; set; } = string.Empty;

    /// <summary>Makes bytes of the states.</summary>
    public IGrainStorageSerializer GrainStorageSerializer { get; set; } = null!;

    /// <summary>Whether a state that is cleared leaves no row.</summary>
    public bool DeleteStateOnClear { get; set; }
}
