using ImageBuilder.Grains.Builds;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orleans.Runtime;
using Orleans.Runtime.Placement;
using Orleans.Storage;

namespace ImageBuilder.Grains.Placement;

/// <summary>Looks up where a build's builder runs before its grain is put somewhere.</summary>
internal sealed partial class BuildPlacementDirector(IServiceProvider services, ILogger<BuildPlacementDirector> logger) : IPlacementDirector
{
    /// <inheritdoc />
    public async Task<SiloAddress> OnAddActivation(PlacementStrategy strategy, PlacementTarget target, IPlacementContext context)
    {
        var silos = context.GetCompatibleSilos(target);
        return silos.Length == 1 ? silos[0] : await FindSiteAsync(target.GrainIdentity, silos) ?? silos[Random.Shared.Next(silos.Length)];
    }

    private async Task<SiloAddress?> FindSiteAsync(GrainId build, SiloAddress[] silos)
    {
        try
        {
            var state = new GrainState<BuildState>(new BuildState());
            await services.GetRequiredKeyedService<IGrainStorage>(StateStorage.Name).ReadStateAsync("build", build, state);
            var members = services.GetRequiredService<IClusterMembershipService>().CurrentSnapshot.Members;
            return state.State is { Site: { } site, IsUnfinished: true }
                ? Array.Find(silos, silo => members.TryGetValue(silo, out var member) && member.Name == site)
                : null;
        }
        catch (Exception error)
        {
            // The activation reads the state too, and tells what is wrong with it.
            LogUnknown(logger, error, build);
            return null;
        }
    }

    [LoggerMessage(1, LogLevel.Warning, "It cannot be seen where the builder of {Build} runs")]
    private static partial void LogUnknown(ILogger logger, Exception error, GrainId build);
}
