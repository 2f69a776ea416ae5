namespace Orleans.Configuration;

/// <summary>How a client finds its silos.</summary>
public class GatewayOptions
{
    /// <summary>How often it reads who they are. Default: one minute.</summary>
    public TimeSpan GatewayListRefreshPeriod { get; set; } = TimeSpan.FromMinutes(1);
}
