namespace ImageBuilder.Registry.Transport;

/// <summary>What of a registry a request goes to.</summary>
public enum RegistryRequestKind
{
    /// <summary>The registry's own API.</summary>
    Registry,

    /// <summary>Where the registry sends for tokens.</summary>
    TokenEndpoint,

    /// <summary>Where the registry redirects to, or lets upload to, on another host.</summary>
    BlobStore,
}
