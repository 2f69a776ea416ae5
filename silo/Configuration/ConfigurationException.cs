namespace ImageBuilder.Silo.Configuration;

/// <summary>Carries a <see cref="ConfigurationError"/> out of the depth of the file; <see cref="ConfigurationFile"/> turns it into a result.</summary>
internal sealed class ConfigurationException(ConfigurationError error) : Exception(error.ToString())
{
    /// <summary>What is wrong.</summary>
    public ConfigurationError Error { get; } = error;
}
