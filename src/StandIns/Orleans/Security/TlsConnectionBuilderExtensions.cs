using Microsoft.AspNetCore.Connections;
using Orleans.Connections.Security;
using Orleans.Hosting;

namespace Orleans;

/// <summary>TLS between silos: refused by set 'standin', with what to do.</summary>
public static class TlsConnectionBuilderExtensions
{
    /// <exception cref="NotSupportedException">Always.</exception>
    public static void UseServerTls(this IConnectionBuilder builder, TlsOptions options) => throw StandInLimits.OneProcess(nameof(UseServerTls));

    /// <exception cref="NotSupportedException">Always.</exception>
    public static void UseClientTls(this IConnectionBuilder builder, TlsOptions options) => throw StandInLimits.OneProcess(nameof(UseClientTls));
}
