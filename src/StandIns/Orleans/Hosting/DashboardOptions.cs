namespace Orleans.Dashboard;

/// <summary>What the dashboard gathers.</summary>
public sealed class DashboardOptions
{
    /// <summary>Whether log lines are kept from it. Default: false.</summary>
    public bool HideTrace { get; set; }
}
