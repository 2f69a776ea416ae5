namespace ImageBuilder.Registry.Transport;

/// <summary>What kept a registry from answering as asked.</summary>
public enum RegistryError
{
    /// <summary>The repository, manifest or blob does not exist (404).</summary>
    NotFound,

    /// <summary>Credentials are missing or not accepted (401).</summary>
    Unauthorized,

    /// <summary>The credentials are known but may not do this (403).</summary>
    Denied,

    /// <summary>Too many requests (429); <see cref="RegistryException.RetryAfter"/> says when to come back, if the registry did.</summary>
    RateLimited,

    /// <summary>The registry cannot be reached, or failed (5xx), also when tried again.</summary>
    Unavailable,

    /// <summary>The call's deadline passed, or a body stopped flowing.</summary>
    Timeout,

    /// <summary>The answer breaks the protocol: no digest, not JSON, a refused redirect, a content type that is not an image's.</summary>
    InvalidResponse,

    /// <summary>The content received does not have the digest or size that it was asked by.</summary>
    DigestMismatch,

    /// <summary>A manifest or a token answer is larger than the limit.</summary>
    TooLarge,

    /// <summary>No entry of the image index is for the platform.</summary>
    NoMatchingPlatform,

    /// <summary>The registry refused the request for another reason (other 4xx), for example a manifest it finds invalid.</summary>
    Rejected,
}
