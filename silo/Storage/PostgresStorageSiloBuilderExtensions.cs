using ImageBuilder.Builds.Logs;
using ImageBuilder.Grains;
using ImageBuilder.Postgres.Logs;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Npgsql;
using Orleans.Configuration;
using Orleans.Hosting;
using Orleans.Runtime.Hosting;
using Orleans.Storage;

namespace ImageBuilder.Silo.Storage;

/// <summary>Adds what a cluster keeps in its database to a silo.</summary>
internal static class PostgresStorageSiloBuilderExtensions
{
    /// <summary>The name of Orleans' provider, which <see cref="PostgresGrainStorage"/> stands before.</summary>
    public const string Rows = StateStorage.Name + "-rows";

    /// <summary>Keeps states and logs in a database that has our tables.</summary>
    /// <param name="builder">The silo.</param>
    /// <param name="database">Its connections.</param>
    /// <param name="logLimit">Bytes kept of one log.</param>
    public static ISiloBuilder AddPostgresStorage(this ISiloBuilder builder, NpgsqlDataSource database, long logLimit)
    {
        // Made by the container, as it sees it, and so closed by it.
        builder.Services.AddSingleton(_ => database);
        builder.AddAdoNetGrainStorage(Rows, (AdoNetGrainStorageOptions options) =>
        {
            options.Invariant = "Npgsql";
            options.DataSource = database;
            options.GrainStorageSerializer = new StatePayloadSerializer();
            options.DeleteStateOnClear = true;
        });
        builder.Services.AddSingleton(provider => new PostgresGrainStorage(
            provider.GetRequiredKeyedService<IGrainStorage>(Rows),
            provider.GetRequiredService<NpgsqlDataSource>(),
            provider.GetRequiredService<IOptions<ClusterOptions>>().Value.ServiceId,
            provider.GetRequiredService<TimeProvider>()));
        builder.Services.AddGrainStorage(StateStorage.Name, (provider, _) => provider.GetRequiredService<PostgresGrainStorage>());
        builder.Services.AddSingleton<IUnreadableStates>(provider => provider.GetRequiredService<PostgresGrainStorage>());
        builder.Services.AddSingleton<IBuildLogs>(provider => new PostgresBuildLogs(
            database, provider.GetRequiredService<TimeProvider>(), new PostgresLogOptions { Limit = logLimit }));
        return builder;
    }
}
