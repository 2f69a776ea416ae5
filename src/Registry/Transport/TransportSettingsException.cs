namespace ImageBuilder.Registry.Transport;

/// <summary>A setting of the transport cannot be used: a CA bundle, or an environment variable that names a proxy. The message says which and why, and shows no secret.</summary>
public sealed class TransportSettingsException : Exception
{
    /// <summary>An error with no explanation.</summary>
    public TransportSettingsException() : this("a setting of the registry transport cannot be used")
    {
    }

    /// <summary>An error explained by <paramref name="message"/>.</summary>
    public TransportSettingsException(string message) : this(message, null)
    {
    }

    /// <summary>An error explained by <paramref name="message"/>, caused by <paramref name="innerException"/>.</summary>
    public TransportSettingsException(string message, Exception? innerException) : base(message, innerException)
    {
    }
}
