using System.Collections.Immutable;
using ImageBuilder.Builds;
using ImageBuilder.Builds.Identity;
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
using Orleans;
using Orleans.Hosting;
using Prometheus;

namespace ImageBuilder.Silo;

/// <summary>The service in one process: a silo, and the gateway beside it.</summary>
internal static class ServiceHost
{
    /// <summary>Runs until the process is asked to stop, or <paramref name="cancellationToken"/> is.</summary>
    public static async Task RunAsync(LiveConfiguration live, CancellationToken cancellationToken)
    {
        var configuration = live.Started;
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging
            .AddSimpleConsole(console => console.SingleLine = true)
            .SetMinimumLevel(LogLevel.Information)
            .AddFilter("Microsoft", LogLevel.Warning)
            .AddFilter("Orleans", LogLevel.Warning)
            .AddFilter("System", LogLevel.Warning);
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.UseSockets(Listeners.Configure);
        builder.WebHost.ConfigureKestrel(kestrel => Listeners.Configure(kestrel, configuration));

        AddBuilds(builder.Services, configuration);
        builder.Services.AddSingleton(live);
        builder.Services.AddSingleton<IOptionsMonitor<QueueLimits>, LiveQueueLimits>();
        builder.Services.AddHostedService<ConfigurationWatcher>();
        builder.Services.AddGateway(new GatewayOptions
        {
            Repositories = RepositoriesOf(configuration),
            Platform = configuration.Builds.Platform,
            Freshness = configuration.Registry.Freshness,
        });
        builder.Services.AddSingleton<Readiness>();
        builder.UseOrleans(silo => AddSilo(silo, configuration));
        builder.Services.AddReferencePrecaching(new PrecacheOptions
        {
            References = [.. configuration.RefCache.Refs],
            Interval = configuration.RefCache.Interval,
            Platform = configuration.Builds.Platform,
        });

        await using var app = builder.Build();
        app.MapWhen(Listeners.IsMetrics, metrics => metrics.UseRouting().UseEndpoints(endpoints => endpoints.MapMetrics()));
        app.MapWhen(Listeners.IsHealth, health => health.UseRouting().UseEndpoints(endpoints => endpoints.MapHealth()));
        app.MapGateway();

        await app.StartAsync(cancellationToken);
        app.Services.GetRequiredService<Readiness>().Set();
        await app.WaitForShutdownAsync(cancellationToken);
    }

    private static ImageRepositories RepositoriesOf(ServiceConfiguration configuration) => new(
        configuration.Orchestrator.BaseImageRepository.Name,
        configuration.Orchestrator.WorkspaceImageRepository.Name);

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
        services.AddSingleton<IBuildLogs>(new FileBuildLogs(
            Path.Combine(configuration.DataFolder, "logs"), configuration.Builds.LogLimit));
        services.AddSingleton<IRegistryObserver>(new RegistryMetrics(Prometheus.Metrics.DefaultFactory, ClassesOf(configuration)));
        services.AddSingleton(provider => new RegistryClient(TransportOptions(configuration, provider)));
        services.AddSingleton(provider => new Keychain(CredentialSources(configuration, provider)));
        services.AddSingleton(new ProcessLauncherOptions
        {
            Bob = configuration.Process.Bob,
            WorkFolder = Path.Combine(configuration.DataFolder, "work"),
            StorageFolder = configuration.Process.StorageFolder,
            CacheLimit = configuration.Process.CacheLimit,
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
            Network = configuration.Process.Network,
            DeniedNetworks = [.. configuration.Process.DeniedNetworks],
        });
        services.AddSingleton<IBuildLauncher, ProcessLauncher>();
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

    private static void AddSilo(ISiloBuilder silo, ServiceConfiguration configuration)
    {
        // One process: no gateway for clients of the cluster, and a port for other silos that nobody is told of.
        silo.UseLocalhostClustering(siloPort: FreePort.Next(), gatewayPort: 0);
        silo.UseInMemoryReminderService();
        silo.AddFileGrainStorage(StateStorage.Name, Path.Combine(configuration.DataFolder, "state"));
        silo.AddStartupTask((provider, _) => provider.GetRequiredService<UnfinishedBuilds>().TakeUpAsync());
    }
}
