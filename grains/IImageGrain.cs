using ImageBuilder.Grains.Messages;

namespace ImageBuilder.Grains;

/// <summary>The image with one workspace ref, the grain's key: knows which build is making it, so that no image is built twice at once.</summary>
[Alias("imagebuilder.IImageGrain")]
public interface IImageGrain : IGrainWithStringKey
{
    /// <summary>Joins the build that is going on, or starts one.</summary>
    [ResponseTimeout("00:00:20")]
    [Alias("Build")]
    Task<BuildTicket> Build(BuildOrderMessage order);

    /// <summary>The last build of this image, running or not; null when there was none within retention.</summary>
    [Alias("GetLatestBuild")]
    Task<Guid?> GetLatestBuild();

    /// <summary>
    /// Forgets <paramref name="buildId"/>, which is about to be forgotten itself. False when an order is being taken at this moment, so that it is not
    /// certain: then the build is kept for now.
    /// </summary>
    [Alias("Forget")]
    Task<bool> Forget(Guid buildId);
}
