namespace ImageBuilder.Registry.Credentials;

/// <summary>A source of credentials cannot be read; the message says where and what to repair, and never shows a secret.</summary>
public sealed class CredentialsException : Exception
{
    /// <summary>An error with no explanation.</summary>
    public CredentialsException()
    {
    }

    /// <summary>An error explained by <paramref name="message"/>.</summary>
    public CredentialsException(string message) : base(message)
    {
    }

    /// <summary>An error explained by <paramref name="message"/>, caused by <paramref name="innerException"/>.</summary>
    public CredentialsException(string message, Exception innerException) : base(message, innerException)
    {
    }
}
