using Microsoft.AspNetCore.Routing;
using Orleans.Hosting;

namespace Orleans.Dashboard;

/// <summary>Orleans' dashboard: refused by set 'standin', with what to do.</summary>
public static class ServiceCollectionExtensions
{
    /// <exception cref="NotSupportedException">Always.</exception>
    public static ISiloBuilder AddDashboard(this ISiloBuilder siloBuilder, Action<DashboardOptions>? configureOptions = null) =>
        throw StandInLimits.OneProcess(nameof(AddDashboard));

    /// <exception cref="NotSupportedException">Always.</exception>
    public static RouteGroupBuilder MapOrleansDashboard(this IEndpointRouteBuilder endpoints, string? routePrefix = null) =>
        throw StandInLimits.OneProcess(nameof(MapOrleansDashboard));
}
