using ImageBuilder.Builds.Admission;
using ImageBuilder.Grains.References;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace ImageBuilder.Grains;

/// <summary>Puts what the grains share into a silo.</summary>
public static class GrainsHosting
{
    /// <summary>
    /// Adds the services of the grains. The host provides the others that they ask for: launcher, log store, registry client, keychain,
    /// build options, reference options and clock; and admission, if builds are to run by turns.
    /// </summary>
    public static IServiceCollection AddGrainServices(this IServiceCollection services)
    {
        Instruments.Publish();
        services.TryAddSingleton<IAdmission, OpenAdmission>();
        return services.AddSingleton<FingerprintKey>().AddSingleton<KeptReferences>();
    }

    /// <summary>Has base images resolved ahead of need. Called after Orleans is added, so that it starts after the silo.</summary>
    public static IServiceCollection AddReferencePrecaching(this IServiceCollection services, PrecacheOptions options) =>
        services.AddSingleton(options).AddHostedService<ReferencePrecaching>();
}
