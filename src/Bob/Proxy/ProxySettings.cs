namespace ImageBuilder.Bob.Proxy;

/// <summary>How <c>bob proxy</c> was called. The text of this record shows no credential.</summary>
internal sealed class ProxySettings
{
    /// <summary>Where to listen, as IP:port; default 127.0.0.1:8080.</summary>
    public required string Listen { get; init; }

    /// <summary>The file that receives IP:port once the proxy listens; null for none.</summary>
    public string? AddressFile { get; init; }

    /// <summary>The file that receives the password that requests must bring; null: they need none.</summary>
    public string? KeyFile { get; init; }

    /// <summary>The file that receives how to enter the network that the proxy makes and listens in; null: it listens in this process's own.</summary>
    public string? NetworkFile { get; init; }

    /// <summary>Whether that network has a way out.</summary>
    public bool HasUplink { get; init; }

    /// <summary>Networks that the way out does not lead to, in CIDR notation, beside this machine and link-local addresses.</summary>
    public IReadOnlyList<string> DeniedNetworks { get; init; } = [];

    /// <summary>The image that alias <c>base</c> stands for; null: there is no such alias.</summary>
    public string? BaseReference { get; init; }

    /// <summary>The image that alias <c>target</c> stands for; null: there is no such alias.</summary>
    public string? TargetReference { get; init; }

    /// <summary>The image in which the engine's cache is kept; null: there is no such alias.</summary>
    public string? CacheReference { get; init; }

    /// <summary>Whether stdin brings the credentials; then the next two do not count.</summary>
    public bool CredentialsFromStdin { get; init; }

    /// <summary>Whether it listens first, and waits on stdin for images and credentials.</summary>
    public bool StandsBy { get; init; }

    /// <summary>Registries, as host or host:port, that are spoken to in plain HTTP; loopback ones need no mention.</summary>
    public IReadOnlyList<string> PlainHttpHosts { get; init; } = [];

    /// <summary>Mirrors, each as <c>registry=mirror</c>, in the order in which they are asked.</summary>
    public IReadOnlyList<string> Mirrors { get; init; } = [];

    /// <summary>PEM files of certificate authorities that are trusted beside the system's.</summary>
    public IReadOnlyList<string> CaBundles { get; init; } = [];

    /// <summary>A docker config with the installation's credentials.</summary>
    public string? Auth { get; init; }

    /// <summary>The credentials that the request brought, by host.</summary>
    public string? AdditionalAuth { get; init; }
}
