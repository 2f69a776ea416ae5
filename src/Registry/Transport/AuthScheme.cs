namespace ImageBuilder.Registry.Transport;

/// <summary>The authentication schemes of registries.</summary>
internal enum AuthScheme
{
    /// <summary>User and password in every request.</summary>
    Basic,

    /// <summary>A token from the token endpoint in every request.</summary>
    Bearer,
}
