using System.Net;
using ImageBuilder.Grains;
using ImageBuilder.Silo.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Orleans.Configuration;
using Orleans.Hosting;
using Orleans.Serialization;

namespace ImageBuilder.Silo.Clustering;

/// <summary>Makes silos and gateways members of a cluster.</summary>
internal static class ClusterHosting
{
    private const string Invariant = "Npgsql";

    // A silo that was killed is found dead after at most so many unanswered probes, whose period is also their patience.
    private const int MissedProbes = 2;
    private static readonly TimeSpan ProbePeriod = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan MembersRefresh = TimeSpan.FromSeconds(10);

    // A gateway that is cut off from a silo keeps asking it until it reads that it is gone.
    private static readonly TimeSpan SilosRefresh = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan ConnectPause = TimeSpan.FromSeconds(1);

    /// <summary>Makes a silo a member.</summary>
    public static void AddCluster(this ISiloBuilder silo, ServiceConfiguration configuration, NpgsqlDataSource database)
    {
        var cluster = configuration.Cluster;
        silo.Configure<ClusterOptions>(options => Name(options, cluster));
        silo.Configure<ExceptionSerializationOptions>(LetFaultsCross);
        silo.Configure<SiloOptions>(options => options.SiloName = cluster.SiloName);
        MemberTls.Use(silo, cluster.Tls);
        silo.ConfigureEndpoints(IPAddress.Parse(cluster.Address), (int)cluster.SiloPort, (int)cluster.GatewayPort);
        silo.UseAdoNetClustering(options => (options.Invariant, options.DataSource) = (Invariant, database));
        silo.UseAdoNetReminderService(options => (options.Invariant, options.DataSource) = (Invariant, database));
        silo.Configure<SiloMessagingOptions>(options => options.ResponseTimeout = LongPoll.ResponseTimeout);
        silo.Configure<ClusterMembershipOptions>(options =>
        {
            options.ProbeTimeout = ProbePeriod;
            options.NumMissedProbesLimit = MissedProbes;
            options.TableRefreshTimeout = MembersRefresh;
        });
        silo.Services.AddSingleton(provider => ActivatorUtilities.CreateInstance<ClusterSites>(provider, cluster.SiloName));
        silo.Services.AddSingleton<IBuildSites>(provider => provider.GetRequiredService<ClusterSites>());
        silo.Services.AddHostedService<LostSilos>();
        silo.Services.AddHostedService(provider => ActivatorUtilities.CreateInstance<ReadinessWatch>(
            provider, ActivatorUtilities.CreateInstance<SiloChecks>(provider, configuration).All));
        silo.Services.AddHostedService(provider => ActivatorUtilities.CreateInstance<Draining>(provider, cluster));
    }

    /// <summary>Makes a gateway a client.</summary>
    public static void AddCluster(this IClientBuilder client, ClusterConfiguration cluster, NpgsqlDataSource database)
    {
        client.Services.AddHostedService(provider =>
        {
            var grains = provider.GetRequiredService<IGrainFactory>();
            return ActivatorUtilities.CreateInstance<ReadinessWatch>(provider, (IReadOnlyList<(string, Func<CancellationToken, Task<string?>>)>)
            [
                ("the cluster", async _ =>
                {
                    await grains.GetGrain<IQueueGrain>(IQueueGrain.Default).Get();
                    return null;
                }),
            ]);
        });
        client.Configure<ClusterOptions>(options => Name(options, cluster));
        client.Configure<ExceptionSerializationOptions>(LetFaultsCross);
        MemberTls.Use(client, cluster.Tls);
        client.UseAdoNetClustering(options => (options.Invariant, options.DataSource) = (Invariant, database));
        client.Configure<ClientMessagingOptions>(options => options.ResponseTimeout = LongPoll.ResponseTimeout);
        client.Configure<Orleans.Configuration.GatewayOptions>(options => options.GatewayListRefreshPeriod = SilosRefresh);
        client.UseConnectionRetryFilter(async (_, cancellationToken) =>
        {
            // A gateway may start before the silos do.
            await Task.Delay(ConnectPause, cancellationToken);
            return true;
        });
    }

    // Otherwise a caller in another process is told that they have no codec, and not what happened.
    private static void LetFaultsCross(ExceptionSerializationOptions options) => options.SupportedNamespacePrefixes.Add(typeof(NpgsqlException).Namespace!);

    private static void Name(ClusterOptions options, ClusterConfiguration cluster) => (options.ClusterId, options.ServiceId) = (cluster.ClusterId, cluster.ServiceId);
}
