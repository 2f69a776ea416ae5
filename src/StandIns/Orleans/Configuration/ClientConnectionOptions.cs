using Microsoft.AspNetCore.Connections;
using Orleans.Hosting;

namespace Orleans.Configuration;

/// <summary>The connections of a client: set 'standin' has none.</summary>
public class ClientConnectionOptions
{
    /// <exception cref="NotSupportedException">Always.</exception>
    public void ConfigureConnection(Action<IConnectionBuilder> configure) => throw StandInLimits.OneProcess(nameof(ConfigureConnection));
}
