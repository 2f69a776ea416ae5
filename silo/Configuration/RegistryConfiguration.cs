using ImageBuilder.Silo.Configuration.Rules;

namespace ImageBuilder.Silo.Configuration;

/// <summary>How registries are spoken to.</summary>
internal sealed record RegistryConfiguration
{
    /// <summary>Registries, as host or host:port, that are spoken to in plain HTTP; loopback registries need no entry. Default: none.</summary>
    [RegistryHost]
    public IReadOnlyList<string> PlainHttpHosts { get; init; } = [];

    /// <summary>
    /// Registry to its mirrors, in the order in which they are asked before it; each is host, host:port or either with a path before its repositories.
    /// What a mirror gives out is given to every request. Default: none.
    /// </summary>
    [RegistryMirror]
    public IReadOnlyDictionary<string, IReadOnlyList<string>> Mirrors { get; init; } = new Dictionary<string, IReadOnlyList<string>>();

    /// <summary>PEM files of certificate authorities that are trusted beside the system's, for registries and git servers. Default: none.</summary>
    [CertificateFile]
    public IReadOnlyList<string> CaBundles { get; init; } = [];

    /// <summary>How long a resolved digest is given out before the registry is asked again, 0s (always ask) to 24h0m0s. Default: 1m0s.</summary>
    [DurationRange("0s", "24h0m0s")]
    public TimeSpan Freshness { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>
    /// How long after its freshness a digest is still given out at once while the registry is asked again, 0s to 24h0m0s. Default: 1m0s.
    /// </summary>
    [DurationRange("0s", "24h0m0s")]
    public TimeSpan StaleWhileRevalidate { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>
    /// How long after its freshness a digest is still given out when the registry is down or limits the rate, 0s to 24h0m0s. Default: 1h0m0s.
    /// </summary>
    [DurationRange("0s", "24h0m0s")]
    public TimeSpan StaleIfError { get; init; } = TimeSpan.FromHours(1);
}
