namespace ImageBuilder.Silo.Hosting;

/// <summary>What a process of the service is.</summary>
internal enum ServiceRole
{
    /// <summary>All of it: a silo, and the gateway beside it.</summary>
    Service,

    /// <summary>A silo of a cluster.</summary>
    Silo,

    /// <summary>A gateway of a cluster.</summary>
    Gateway,
}
