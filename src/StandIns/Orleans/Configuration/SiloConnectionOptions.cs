using Microsoft.AspNetCore.Connections;
using Orleans.Hosting;

namespace Orleans.Configuration;

/// <summary>The connections of a silo: set 'standin' has none.</summary>
public class SiloConnectionOptions
{
    /// <exception cref="NotSupportedException">Always.</exception>
    public void ConfigureSiloInboundConnection(Action<IConnectionBuilder> configure) => throw StandInLimits.OneProcess(nameof(ConfigureSiloInboundConnection));

    /// <exception cref="NotSupportedException">Always.</exception>
    public void ConfigureGatewayInboundConnection(Action<IConnectionBuilder> configure) => throw StandInLimits.OneProcess(nameof(ConfigureGatewayInboundConnection));

    /// <exception cref="NotSupportedException">Always.</exception>
    public void ConfigureSiloOutboundConnection(Action<IConnectionBuilder> configure) => throw StandInLimits.OneProcess(nameof(ConfigureSiloOutboundConnection));
}
