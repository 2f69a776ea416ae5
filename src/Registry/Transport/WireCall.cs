using ImageBuilder.Registry.Credentials;
using ImageBuilder.Registry.Names;

namespace ImageBuilder.Registry.Transport;

/// <summary>What <see cref="Wire"/> must know about a request beside the request.</summary>
/// <param name="Host">The registry, for messages.</param>
/// <param name="What">What is being done, for messages: "read manifest x:1".</param>
/// <param name="Kind">What of the registry is asked.</param>
/// <param name="Credential">What the request is signed with, itself or by its token.</param>
internal readonly record struct WireCall(string Host, string What, RegistryRequestKind Kind, RegistryCredential? Credential)
{
    /// <summary>
    /// How far a connection may reach, for an address that the registry gave; null for the registry's own, which the user or the operator named.
    /// </summary>
    public AddressReach? Reach { get; init; }

    /// <summary>Whether it carries a blob, which takes as long as it takes.</summary>
    public bool CarriesBlob { get; init; }

    /// <summary>The registry's one spelling.</summary>
    public string Registry { get; } = RegistryHost.Normalise(Host);
}
