using System.Collections.Immutable;

namespace ImageBuilder.Registry.Transport;

/// <summary>How registries are spoken to; one instance for the process.</summary>
public sealed record RegistryTransportOptions
{
    /// <summary>
    /// Registries (host, or host:port) that are spoken to in plain HTTP; default none. Loopback hosts need not be listed: they are asked in plain
    /// HTTP first, and in HTTPS if they do not answer. Every other registry is spoken to in HTTPS only.
    /// </summary>
    public ImmutableArray<string> PlainHttpHosts { get; init; } = [];

    /// <summary>How often a request is tried again after a server error or a broken connection; default 3, range 0 to 10.</summary>
    public int Retries { get; init; } = 3;

    /// <summary>The wait before the first of these, doubled for each later one up to <see cref="MaximumRetryDelay"/>, with jitter; default 200 ms.</summary>
    public TimeSpan RetryDelay { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>The longest wait between two tries, Retry-After aside; default 10 s.</summary>
    public TimeSpan MaximumRetryDelay { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a blob may stop flowing before the call fails; default 60 s.</summary>
    public TimeSpan StallTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>What this client calls itself; default <c>imagebuilder</c>.</summary>
    public string UserAgent { get; init; } = "imagebuilder";
}
