namespace ImageBuilder.Sandbox.Registry;

/// <summary>What kind of registry to start.</summary>
public sealed record RegistryServerOptions
{
    /// <summary>The port to listen on; default 0: the one of the last time, if free, else another.</summary>
    public int Port { get; init; }

    /// <summary>How it asks who is there; default by password.</summary>
    public RegistryLogin Login { get; init; }

    /// <summary>Whether it speaks TLS, with a certificate of an authority that nobody knows (<see cref="RegistryServer.AuthorityFile"/>); default plain HTTP.</summary>
    public bool Tls { get; init; }

    /// <summary>Whether its log (<see cref="RegistryServer.ReadAccessLog"/>) notes every request; default false.</summary>
    public bool AccessLog { get; init; }
}
