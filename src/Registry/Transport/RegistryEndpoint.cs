namespace ImageBuilder.Registry.Transport;

/// <summary>Where a registry is and how it wants to be asked.</summary>
/// <param name="host">The registry's name.</param>
/// <param name="baseAddress">Where its API is.</param>
internal sealed class RegistryEndpoint(string host, Uri baseAddress)
{
    public string Host { get; } = host;

    public Uri BaseAddress { get; } = baseAddress;

    /// <summary>Null while the registry has asked for nothing. Some registries ask in an answer about a repository only.</summary>
    public AuthChallenge? Challenge { get; set; }

    /// <summary>Whether <paramref name="address"/> is the registry's own: same scheme, host and port.</summary>
    public bool Owns(Uri address) =>
        Uri.Compare(address, BaseAddress, UriComponents.SchemeAndServer, UriFormat.Unescaped, StringComparison.OrdinalIgnoreCase) == 0;
}
