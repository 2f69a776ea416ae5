using ImageBuilder.Builds.Identity;
using ImageBuilder.Gateway;
using ImageBuilder.Silo.Clustering;
using ImageBuilder.Silo.Configuration;
using ImageBuilder.Silo.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace ImageBuilder.Silo;

/// <summary>A gateway by itself: a client of the cluster's silos, which keeps nothing.</summary>
internal static class GatewayHost
{
    /// <summary>Runs until the process is asked to stop, or <paramref name="cancellationToken"/> is.</summary>
    public static async Task RunAsync(LiveConfiguration live, CancellationToken cancellationToken)
    {
        var configuration = live.Started;
        var database = DatabaseConnection.Open(configuration.Cluster);
        var builder = WebHosting.Create(configuration, ServiceRole.Gateway);
        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.AddGateway(OptionsOf(configuration));
        builder.UseOrleansClient(client => client.AddCluster(configuration.Cluster, database));
        await DatabaseConnection.CheckSchemaAsync(database, cancellationToken);

        await using var app = builder.Build();
        WebHosting.Map(app);
        app.MapGateway();
        await app.StartAsync(cancellationToken);
        app.Services.GetRequiredService<Readiness>().Set();
        await app.WaitForShutdownAsync(cancellationToken);
    }

    /// <summary>What the gateway is told of the configuration.</summary>
    public static GatewayOptions OptionsOf(ServiceConfiguration configuration) => new()
    {
        Repositories = new ImageRepositories(configuration.Orchestrator.BaseImageRepository.Name, configuration.Orchestrator.WorkspaceImageRepository.Name),
        Platform = configuration.Builds.Platform,
        Freshness = configuration.Registry.Freshness,
    };
}
