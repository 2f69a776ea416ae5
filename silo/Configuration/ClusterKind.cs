namespace ImageBuilder.Silo.Configuration;

/// <summary>How silos find each other, and where they keep what lasts.</summary>
internal enum ClusterKind
{
    /// <summary>One process, with its data in a folder.</summary>
    Single,

    /// <summary>Any number of silos and gateways, with their data in a PostgreSQL database.</summary>
    Postgresql,
}
