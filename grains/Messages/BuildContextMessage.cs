using ImageBuilder.Builds;

namespace ImageBuilder.Grains.Messages;

/// <summary>Where the build context of a Dockerfile comes from; see <see cref="BuildContextSource"/>.</summary>
[GenerateSerializer]
[Immutable]
[Alias("imagebuilder.BuildContext")]
public sealed record BuildContextMessage(
    [property: Id(0)] string RemoteUri,
    [property: Id(1)] GitTarget Target,
    [property: Id(2)] string CloneTarget,
    [property: Id(3)] string CheckoutLocation,
    [property: Id(4)] bool FullClone,
    [property: Id(5)] GitAuthentication Authentication,
    [property: Id(6)] string AuthUser,
    [property: Id(7)] string DockerfilePath,
    [property: Id(8)] string ContextPath)
{
    internal BuildContextSource ToSource() => new(
        RemoteUri, Target, CloneTarget, CheckoutLocation, FullClone, Authentication, AuthUser, DockerfilePath, ContextPath);
}
