using System.Collections.Immutable;

namespace Orleans.Runtime;

/// <summary>The members of a cluster at one moment.</summary>
public sealed class ClusterMembershipSnapshot
{
    private ClusterMembershipSnapshot()
    {
    }

    /// <summary>The members.</summary>
    public ImmutableDictionary<SiloAddress, ClusterMember> Members { get; private init; } = ImmutableDictionary<SiloAddress, ClusterMember>.Empty;
}
