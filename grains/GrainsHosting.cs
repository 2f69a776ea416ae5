using ImageBuilder.Builds.Admission;
using ImageBuilder.Grains.Placement;
using ImageBuilder.Grains.Queue;
using ImageBuilder.Grains.References;
using ImageBuilder.Registry.Credentials;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Orleans.Hosting;

namespace ImageBuilder.Grains;

/// <summary>Puts what the grains share into a silo.</summary>
public static class GrainsHosting
{
    /// <summary>
    /// Adds the services of the grains. The host provides the others that they ask for: launcher, log store, registry client, keychain,
    /// build options, limits of the queue (as an options monitor), reference options, clock and unreadable states; build sites where there are several silos.
    /// </summary>
    public static IServiceCollection AddGrainServices(this IServiceCollection services)
    {
        Instruments.Publish();
        return services
            .AddBuildPlacement()
            .AddSingleton<GrainCalls>()
            .AddSingleton<FingerprintKey>()
            .AddSingleton<KeptReferences>()
            .AddSingleton<UnfinishedBuilds>()
            .AddSingleton<IAdmission, QueueAdmission>();
    }

    private static IServiceCollection AddBuildPlacement(this IServiceCollection services)
    {
        services.AddPlacementDirector<BuildPlacement, BuildPlacementDirector>();
        services.TryAddSingleton<IBuildSites, OnlySite>();
        return services;
    }

    /// <summary>Has base images resolved ahead of need. Called after Orleans is added, so that it starts after the silo.</summary>
    public static IServiceCollection AddReferencePrecaching(this IServiceCollection services, PrecacheOptions options) =>
        services.AddSingleton(options).AddHostedService<ReferencePrecaching>();
}
