namespace Orleans.Runtime;

/// <summary>Who is in the cluster. In one process there is none.</summary>
public interface IClusterMembershipService
{
    /// <summary>The members as they are known now.</summary>
    ClusterMembershipSnapshot CurrentSnapshot { get; }

    /// <summary>The members, after every change.</summary>
    IAsyncEnumerable<ClusterMembershipSnapshot> MembershipUpdates { get; }
}
