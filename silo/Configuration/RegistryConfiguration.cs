using ImageBuilder.Silo.Configuration.Rules;

namespace ImageBuilder.Silo.Configuration;

/// <summary>How registries are spoken to.</summary>
internal sealed record RegistryConfiguration
{
    /// <summary>Registries, as host or host:port, that are spoken to in plain HTTP; loopback registries need no entry. Default: none.</summary>
    [RegistryHost]
    public IReadOnlyList<string> PlainHttpHosts { get; init; } = [];

    /// <summary>How long a resolved digest is given out before the registry is asked again, 0s (always ask) to 24h0m0s. Default: 1m0s.</summary>
    [DurationRange("0s", "24h0m0s")]
    public TimeSpan Freshness { get; init; } = TimeSpan.FromMinutes(1);
}
