using System.Net;

namespace Orleans.Hosting;

/// <summary>Where a silo is reached: refused by set 'standin', with what to do.</summary>
public static class EndpointOptionsExtensions
{
    /// <exception cref="NotSupportedException">Always.</exception>
    public static ISiloBuilder ConfigureEndpoints(
        this ISiloBuilder builder, IPAddress advertisedIP, int siloPort, int gatewayPort, bool listenOnAnyHostAddress = false) =>
        throw StandInLimits.OneProcess(nameof(ConfigureEndpoints));
}
