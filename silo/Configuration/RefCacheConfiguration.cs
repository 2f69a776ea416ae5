using ImageBuilder.Registry.Names;
using ImageBuilder.Silo.Configuration.Rules;

namespace ImageBuilder.Silo.Configuration;

/// <summary>Base images that are resolved ahead of need; the old service's section <c>refCache</c>.</summary>
internal sealed record RefCacheConfiguration
{
    /// <summary>How often they are resolved again, 1m0s to 720h0m0s. Default: 6h0m0s.</summary>
    [DurationRange("1m0s", "720h0m0s")]
    public TimeSpan Interval { get; init; } = TimeSpan.FromHours(6);

    /// <summary>The image references. Default: none.</summary>
    public IReadOnlyList<ImageReference> Refs { get; init; } = [];
}
