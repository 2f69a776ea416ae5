namespace ImageBuilder.Registry.Transport;

/// <summary>
/// A registry did not answer as asked. The message names the registry and what to do; it never shows a credential, a token, a query
/// string or the address of a redirect.
/// </summary>
public sealed class RegistryException : Exception
{
    /// <summary>An error with no explanation.</summary>
    public RegistryException() : this(RegistryError.Unavailable, string.Empty, "the registry did not answer as asked")
    {
    }

    /// <summary>An error explained by <paramref name="message"/>.</summary>
    public RegistryException(string message) : this(RegistryError.Unavailable, string.Empty, message)
    {
    }

    /// <summary>An error explained by <paramref name="message"/>, caused by <paramref name="innerException"/>.</summary>
    public RegistryException(string message, Exception? innerException) : this(RegistryError.Unavailable, string.Empty, message, innerException)
    {
    }

    /// <summary>The error <paramref name="error"/> of the registry <paramref name="host"/>.</summary>
    public RegistryException(RegistryError error, string host, string message, Exception? innerException = null) : base(message, innerException)
    {
        Error = error;
        Host = host;
    }

    /// <summary>What went wrong.</summary>
    public RegistryError Error { get; }

    /// <summary>The registry, as in an image reference's domain.</summary>
    public string Host { get; }

    /// <summary>
    /// With <see cref="RegistryError.RateLimited"/>: how long to stay away, as the registry asks or, where it does not say, as is polite (1 s, doubled with
    /// each refusal up to 60 s). A request with the same credential before that is refused without being sent.
    /// </summary>
    public TimeSpan? RetryAfter { get; init; }
}
