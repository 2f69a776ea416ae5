using Orleans.Hosting;

namespace Microsoft.Extensions.Hosting;

/// <summary>A client apart from its silos: refused by set 'standin', with what to do.</summary>
public static class OrleansClientGenericHostExtensions
{
    /// <exception cref="NotSupportedException">Always.</exception>
    public static IHostApplicationBuilder UseOrleansClient(this IHostApplicationBuilder hostAppBuilder, Action<IClientBuilder> configureDelegate) =>
        throw StandInLimits.OneProcess(nameof(UseOrleansClient));

    /// <exception cref="NotSupportedException">Always.</exception>
    public static HostApplicationBuilder UseOrleansClient(this HostApplicationBuilder hostAppBuilder, Action<IClientBuilder> configureDelegate) =>
        throw StandInLimits.OneProcess(nameof(UseOrleansClient));
}
