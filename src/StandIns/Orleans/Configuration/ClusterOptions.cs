namespace Orleans.Configuration;

/// <summary>The names of the cluster.</summary>
public class ClusterOptions
{
    /// <summary>The cluster, new with each deployment that cannot talk to the last one. Default: <c>default</c>.</summary>
    public string ClusterId { get; set; } = "default";

    /// <summary>The service, the same over all its deployments. Default: <c>default</c>.</summary>
    public string ServiceId { get; set; } = "default";
}
