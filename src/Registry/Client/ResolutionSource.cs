namespace ImageBuilder.Registry.Client;

/// <summary>What a registry was asked to resolve a reference.</summary>
public enum ResolutionSource
{
    /// <summary>HEAD told everything, if need be with what is known of the index that it named.</summary>
    Head,

    /// <summary>A manifest was read: an index that was not known yet, or the registry answers HEAD with too little.</summary>
    Get,
}
