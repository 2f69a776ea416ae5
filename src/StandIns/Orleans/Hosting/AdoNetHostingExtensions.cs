using Orleans.Configuration;

namespace Orleans.Hosting;

/// <summary>A cluster with its state in a database: refused by set 'standin', with what to do.</summary>
public static class AdoNetHostingExtensions
{
    /// <exception cref="NotSupportedException">Always.</exception>
    public static ISiloBuilder UseAdoNetClustering(this ISiloBuilder builder, Action<AdoNetClusteringSiloOptions> configureOptions) =>
        throw StandInLimits.OneProcess(nameof(UseAdoNetClustering));

    /// <exception cref="NotSupportedException">Always.</exception>
    public static IClientBuilder UseAdoNetClustering(this IClientBuilder builder, Action<AdoNetClusteringClientOptions> configureOptions) =>
        throw StandInLimits.OneProcess(nameof(UseAdoNetClustering));

    /// <exception cref="NotSupportedException">Always.</exception>
    public static ISiloBuilder UseAdoNetReminderService(this ISiloBuilder builder, Action<AdoNetReminderTableOptions> configureOptions) =>
        throw StandInLimits.OneProcess(nameof(UseAdoNetReminderService));

    /// <exception cref="NotSupportedException">Always.</exception>
    public static ISiloBuilder AddAdoNetGrainStorage(this ISiloBuilder builder, string name, Action<AdoNetGrainStorageOptions> configureOptions) =>
        throw StandInLimits.OneProcess(nameof(AddAdoNetGrainStorage));
}
