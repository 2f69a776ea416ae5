using System.Collections.Immutable;
using ImageBuilder.Registry.Names;

namespace ImageBuilder.Grains;

/// <summary>Base images that are resolved ahead of need.</summary>
public sealed record PrecacheOptions
{
    /// <summary>The images; default none.</summary>
    public ImmutableArray<ImageReference> References { get; init; } = [];

    /// <summary>How often they are resolved, at least 1 minute. Default 6 hours.</summary>
    public TimeSpan Interval { get; init; } = TimeSpan.FromHours(6);

    /// <summary>The platform that they are resolved for. Default linux/amd64.</summary>
    public Platform Platform { get; init; } = Platform.LinuxAmd64;
}
