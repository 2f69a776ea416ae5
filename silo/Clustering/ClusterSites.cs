using ImageBuilder.Grains;
using Orleans.Runtime;

namespace ImageBuilder.Silo.Clustering;

/// <summary>The silos of the cluster as places where builders run.</summary>
internal sealed class ClusterSites(IClusterMembershipService membership, string name) : IBuildSites
{
    private readonly string _run = Guid.NewGuid().ToString("N");
    private volatile bool _leaves;
    private int _builds;

    /// <inheritdoc />
    public string Here => name;

    /// <inheritdoc />
    public string Run => _run;

    /// <inheritdoc />
    public bool TakesBuilds => !_leaves;

    /// <summary>Builds whose builders are followed here.</summary>
    public int Builds => Volatile.Read(ref _builds);

    /// <inheritdoc />
    public bool IsAlive(string site) =>
        membership.CurrentSnapshot.Members.Values.Any(member => member.Name == site && member.Status is SiloStatus.Active or SiloStatus.Joining);

    /// <inheritdoc />
    public IDisposable Enter() => new Stay(this);

    /// <summary>Takes no more builds.</summary>
    public void Leave() => _leaves = true;

    private sealed class Stay : IDisposable
    {
        private readonly ClusterSites _sites;

        public Stay(ClusterSites sites)
        {
            _sites = sites;
            Interlocked.Increment(ref sites._builds);
        }

        public void Dispose() => Interlocked.Decrement(ref _sites._builds);
    }
}
