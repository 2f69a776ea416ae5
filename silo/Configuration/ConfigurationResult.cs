using System.Diagnostics.CodeAnalysis;

namespace ImageBuilder.Silo.Configuration;

/// <summary>A configuration, or why there is none.</summary>
internal sealed record ConfigurationResult
{
    private ConfigurationResult(ServiceConfiguration? configuration, ConfigurationError? error)
    {
        Configuration = configuration;
        Error = error;
    }

    /// <summary>The configuration, or null.</summary>
    public ServiceConfiguration? Configuration { get; }

    /// <summary>Why there is none, or null.</summary>
    public ConfigurationError? Error { get; }

    /// <summary>Whether there is a configuration.</summary>
    [MemberNotNullWhen(true, nameof(Configuration))]
    [MemberNotNullWhen(false, nameof(Error))]
    public bool Succeeded => Configuration is not null;

    /// <summary>There is a configuration.</summary>
    public static implicit operator ConfigurationResult(ServiceConfiguration configuration) => new(configuration, null);

    /// <summary>There is none.</summary>
    public static implicit operator ConfigurationResult(ConfigurationError error) => new(null, error);
}
