using Microsoft.Extensions.DependencyInjection;

namespace Orleans.Hosting;

/// <summary>Options of a client.</summary>
public static class ClientBuilderExtensions
{
    /// <summary>Sets options.</summary>
    public static IClientBuilder Configure<TOptions>(this IClientBuilder builder, Action<TOptions> configureOptions)
        where TOptions : class
    {
        builder.Services.Configure(configureOptions);
        return builder;
    }

    /// <exception cref="NotSupportedException">Always.</exception>
    public static IClientBuilder UseConnectionRetryFilter(this IClientBuilder builder, Func<Exception, CancellationToken, Task<bool>> connectionRetryFilter) =>
        throw StandInLimits.OneProcess(nameof(UseConnectionRetryFilter));
}
