using ImageBuilder.Registry.Credentials;
using ImageBuilder.Registry.Transport;

namespace ImageBuilder.Bob.Proxy;

/// <summary>Where a request that came to the proxy goes.</summary>
internal sealed record ProxyRoute
{
    /// <summary>The registry, as in an image reference's domain.</summary>
    public required string Registry { get; init; }

    /// <summary>The path on the registry, with a leading "/", and the query.</summary>
    public required string PathAndQuery { get; init; }

    /// <summary>What the request is about to do there.</summary>
    public required IReadOnlyList<RegistryScope> Scopes { get; init; }

    /// <summary>What opens the registry; null: nothing does.</summary>
    public RegistryCredential? Credential { get; init; }

    /// <summary>Why nothing does; null when that is not known, or something does.</summary>
    public string? WhyNoCredential { get; init; }

    /// <summary>The alias that the request came by; null for a request that names its registry itself.</summary>
    public ProxyAlias? Alias { get; init; }
}
