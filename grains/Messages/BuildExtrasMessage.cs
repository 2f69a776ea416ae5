using System.Collections.Immutable;
using ImageBuilder.Builds;

namespace ImageBuilder.Grains.Messages;

/// <summary>What a Dockerfile is built with; see <see cref="BuildExtras"/>.</summary>
[GenerateSerializer]
[Immutable]
[Alias("imagebuilder.BuildExtras")]
public sealed record BuildExtrasMessage(
    [property: Id(0)] ImmutableDictionary<string, string> Arguments,
    [property: Id(1)] ImmutableDictionary<string, string> Labels,
    [property: Id(2)] string Stage,
    [property: Id(3)] string Platform)
{
    /// <summary>The message of <paramref name="extras"/>; null when there are none.</summary>
    public static BuildExtrasMessage? Of(BuildExtras extras) =>
        extras.IsNone ? null : new(extras.Arguments, extras.Labels, extras.Stage, extras.Platform);

    internal BuildExtras ToExtras() => new() { Arguments = Arguments, Labels = Labels, Stage = Stage, Platform = Platform };
}
