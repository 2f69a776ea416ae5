namespace Orleans.Runtime;

/// <summary>A silo as a member of its cluster.</summary>
public sealed class ClusterMember
{
    /// <summary>A member.</summary>
    public ClusterMember(SiloAddress siloAddress, SiloStatus status, string name)
    {
        SiloAddress = siloAddress;
        Status = status;
        Name = name;
    }

    /// <summary>Which run of a silo.</summary>
    public SiloAddress SiloAddress { get; }

    /// <summary>Where it stands.</summary>
    public SiloStatus Status { get; }

    /// <summary>The silo's name.</summary>
    public string Name { get; }
}
