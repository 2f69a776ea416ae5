namespace Orleans.Configuration;

/// <summary>How silos watch over each other. In one process nobody does.</summary>
public class ClusterMembershipOptions
{
    /// <summary>How long an answer to a probe may take, and how often silos are probed. Default: 5 seconds.</summary>
    public TimeSpan ProbeTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>Probes in a row without an answer after which a silo is suspected. Default: 3.</summary>
    public int NumMissedProbesLimit { get; set; } = 3;

    /// <summary>How often the table of members is read again. Default: 60 seconds.</summary>
    public TimeSpan TableRefreshTimeout { get; set; } = TimeSpan.FromSeconds(60);
}
