using System.Collections.Immutable;
using ImageBuilder.Builds;
using ImageBuilder.Builds.Logs;
using ImageBuilder.Builds.Queue;
using ImageBuilder.Gateway;
using ImageBuilder.Grains;
using ImageBuilder.Launchers;
using ImageBuilder.Launchers.Process;
using ImageBuilder.Registry.Client;
using ImageBuilder.Registry.Credentials;
using ImageBuilder.Registry.Credentials.Ecr;
using ImageBuilder.Registry.Names;
using ImageBuilder.Registry.Transport;
using ImageBuilder.Silo.Clustering;
using ImageBuilder.Silo.Configuration;
using ImageBuilder.Silo.Hosting;
using ImageBuilder.Silo.Metrics;
using ImageBuilder.Silo.Storage;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;
using Orleans;
using Orleans.Dashboard;
using Orleans.Hosting;

namespace ImageBuilder.Silo;

/// <summary>A silo; in a cluster of its own, the gateway beside it.</summary>
internal static class ServiceHost
{
    /// <summary>Runs until the process is asked to stop, or <paramref name="cancellationToken"/> is.</summary>
    public static async Task RunAsync(LiveConfiguration live, CancellationToken cancellationToken)
    {
        var configuration = live.Started;
        var single = configuration.Cluster.Kind == ClusterKind.Single;
        var database = single ? null : DatabaseConnection.Open(configuration.Cluster);
        var builder = WebHosting.Create(configuration, single ? ServiceRole.Service : ServiceRole.Silo);

        AddBuilds(builder.Services, configuration);
        builder.Services.AddSingleton(live);
        builder.Services.AddSingleton<IOptionsMonitor<QueueLimits>, LiveQueueLimits>();
        builder.Services.AddHostedService<ConfigurationWatcher>();
        if (single)
        {
            builder.Services.AddGateway(GatewayHost.OptionsOf(configuration));
        }

        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout += configuration.Cluster.Drain);
        builder.UseOrleans(silo => AddSilo(silo, configuration, database));
        builder.Services.AddReferencePrecaching(new PrecacheOptions
        {
            References = [.. configuration.RefCache.Refs],
            Interval = configuration.RefCache.Interval,
            Platform = configuration.Builds.Platform,
        });

        if (database is not null)
        {
            await DatabaseConnection.CheckSchemaAsync(database, cancellationToken);
        }

        await using var app = builder.Build();
        WebHosting.Map(app);
        if (configuration.Dashboard.Address is not null)
        {
            app.MapWhen(Listeners.IsDashboard, dashboard => dashboard.UseRouting().UseEndpoints(endpoints => endpoints.MapOrleansDashboard()));
        }

        if (single)
        {
            app.MapGateway();
        }

        await app.StartAsync(cancellationToken);

        // Whether or not a build comes: it clears away what builders left that were killed.
        app.Services.GetRequiredService<IBuildLauncher>();
        app.Services.GetRequiredService<Readiness>().Set();
        await app.WaitForShutdownAsync(cancellationToken);
    }

    private static void AddBuilds(IServiceCollection services, ServiceConfiguration configuration)
    {
        services.AddSingleton(TimeProvider.System);
        services.AddSingleton(new BuildOptions
        {
            Deadline = configuration.Builds.Deadline,
            Retention = configuration.Builds.Retention,
            HistoryLimit = configuration.Builds.HistoryLimit,
            LogsLimit = configuration.Builds.LogsLimit,
            Platform = configuration.Builds.Platform,
        });
        services.AddSingleton(new ReferenceOptions
        {
            StaleWhileRevalidate = configuration.Registry.StaleWhileRevalidate,
            StaleIfError = configuration.Registry.StaleIfError,
        });
        services.AddGrainServices();
        if (configuration.Cluster.Kind == ClusterKind.Single)
        {
            services.AddSingleton<IBuildLogs>(new FileBuildLogs(Path.Combine(configuration.DataFolder, "logs"), configuration.Builds.LogLimit));
        }

        services.AddSingleton<IRegistryObserver>(new RegistryMetrics(Prometheus.Metrics.DefaultFactory, ClassesOf(configuration)));
        services.AddSingleton(provider => new RegistryClient(TransportOptions(configuration, provider)));
        services.AddSingleton(provider => new Keychain(CredentialSources(configuration, provider)));
        services.AddSingleton(new ProcessLauncherOptions
        {
            Bob = configuration.Process.Bob,
            WorkFolder = Path.Combine(configuration.DataFolder, "work"),
            StorageFolder = configuration.Process.StorageFolder,
            CacheLimit = configuration.Process.CacheLimit,
            CacheRepository = configuration.Process.CacheRepository?.Name,
            PlainHttpHosts = [.. configuration.Registry.PlainHttpHosts],
            Mirrors = MirrorsOf(configuration.Registry),
            CaBundles = [.. configuration.Registry.CaBundles.Select(Path.GetFullPath)],
            SpareProxyLifetime = TimeSpan.FromMinutes(5),
            Limits = new ResourceLimits
            {
                Memory = configuration.Process.MemoryLimit,
                MilliCpus = (int)configuration.Process.CpuLimit,
                Processes = (int)configuration.Process.PidsLimit,
                Disk = configuration.Process.DiskLimit,
            },
            Engine = configuration.Process.Engine,
            EndsWithService = configuration.Cluster.Kind != ClusterKind.Single,
            Network = configuration.Process.Network,
            DeniedNetworks = [.. configuration.Process.DeniedNetworks],
        });
        services.AddSingleton<ProcessLauncher>();
        services.AddSingleton<IBuildLauncher>(provider => provider.GetRequiredService<ProcessLauncher>());
    }

    private static RegistryTransportOptions TransportOptions(ServiceConfiguration configuration, IServiceProvider provider) => new()
    {
        PlainHttpHosts = [.. configuration.Registry.PlainHttpHosts],
        Mirrors = MirrorsOf(configuration.Registry),
        // What a mirror gives out is every request's, whoever's credential opens it.
        MirrorCredentials = (mirror, cancellationToken) =>
            provider.GetRequiredService<Keychain>().FindAsync(mirror, RegistryAccess.All, cancellationToken),
        CaBundles = [.. configuration.Registry.CaBundles.Select(Path.GetFullPath)],
        Observer = provider.GetRequiredService<IRegistryObserver>(),
    };

    private static HostClasses ClassesOf(ServiceConfiguration configuration) => new(
        [
            ImageReference.Parse(configuration.Orchestrator.BaseImageRepository.Name).Domain,
            ImageReference.Parse(configuration.Orchestrator.WorkspaceImageRepository.Name).Domain,
        ],
        configuration.Registry.Mirrors.SelectMany(entry => entry.Value));

    private static ImmutableDictionary<string, ImmutableArray<string>> MirrorsOf(RegistryConfiguration registry) =>
        registry.Mirrors.ToImmutableDictionary(entry => entry.Key, entry => entry.Value.ToImmutableArray());

    private static IEnumerable<ICredentialSource> CredentialSources(ServiceConfiguration configuration, IServiceProvider provider)
    {
        if (configuration.Orchestrator.PullSecretFile is { } file)
        {
            var logger = provider.GetRequiredService<ILogger<DockerConfigCredentials>>();
            yield return new DockerConfigCredentials(file, error => CredentialLog.ReloadFailed(logger, error));
        }

        if (configuration.Orchestrator.EnableAdditionalEcrAuth)
        {
            yield return new EcrCredentials(provider.GetRequiredService<TimeProvider>());
        }
    }

    private static void AddSilo(ISiloBuilder silo, ServiceConfiguration configuration, NpgsqlDataSource? database)
    {
        if (database is null)
        {
            // One process: no gateway for clients of the cluster, and a port for other silos that nobody is told of.
            silo.UseLocalhostClustering(siloPort: FreePort.Next(), gatewayPort: 0);
            silo.UseInMemoryReminderService();
            silo.AddFileGrainStorage(StateStorage.Name, Path.Combine(configuration.DataFolder, "state"));
            silo.AddStartupTask((provider, _) => provider.GetRequiredService<UnfinishedBuilds>().TakeUpAsync());
        }
        else
        {
            silo.AddCluster(configuration, database);
            silo.AddPostgresStorage(database, configuration.Builds.LogLimit);
            silo.Services.AddHostedService<EarlierAttempts>();
        }

        if (configuration.Dashboard.Address is not null)
        {
            silo.AddDashboard();
        }
    }
}
