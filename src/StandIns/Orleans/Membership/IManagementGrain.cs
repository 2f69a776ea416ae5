namespace Orleans.Runtime;

/// <summary>What operators ask of a cluster; nobody can call it in set 'standin', which has none.</summary>
public interface IManagementGrain : IGrainWithIntegerKey
{
    /// <summary>Lets activations go that have been idle for longer than <paramref name="ageLimit"/>.</summary>
    Task ForceActivationCollection(TimeSpan ageLimit);

    /// <summary>Collects garbage in silos; in all, when none is named.</summary>
    Task ForceGarbageCollection(SiloAddress[] hostsIds);

    /// <summary>How many activations there are of each kind of grain in each silo.</summary>
    Task<SimpleGrainStatistic[]> GetSimpleGrainStatistics();
}
