using System.Collections.Immutable;
using ImageBuilder.Registry.Credentials;

namespace ImageBuilder.Registry.Transport;

/// <summary>How registries are spoken to; one instance for the process.</summary>
public sealed record RegistryTransportOptions
{
    /// <summary>
    /// Registries (host, or host:port) that are spoken to in plain HTTP; default none. Loopback hosts need not be listed: they are asked in plain
    /// HTTP first, and in HTTPS if they do not answer. Every other registry is spoken to in HTTPS only.
    /// </summary>
    public ImmutableArray<string> PlainHttpHosts { get; init; } = [];

    /// <summary>
    /// Registry to its mirrors, in the order in which they are asked; default none. A mirror is <c>host</c>, <c>host:port</c> or either with a path before
    /// its repositories: <c>harbor.internal/dockerhub</c> holds <c>docker.io/library/alpine</c> as <c>dockerhub/library/alpine</c>. Manifests and blobs are
    /// read from the first mirror that has them, and else from the registry itself; nothing else goes to mirrors. What a mirror says of a tag is believed;
    /// what it sends for a digest is checked. A mirror that failed is passed over for 30 s. What a mirror gives out is given to every caller, whatever the
    /// caller may do at the registry.
    /// </summary>
    public ImmutableDictionary<string, ImmutableArray<string>> Mirrors { get; init; } = ImmutableDictionary<string, ImmutableArray<string>>.Empty;

    /// <summary>
    /// Finds the credential for a mirror by its <c>host</c> or <c>host:port</c>; default null: mirrors are asked anonymously. The credential of the registry
    /// is never sent to one.
    /// </summary>
    public Func<string, CancellationToken, ValueTask<RegistryCredential?>>? MirrorCredentials { get; init; }

    /// <summary>
    /// PEM files of certificate authorities, several to a file, that are trusted beside the system's; default none. Names are checked all the same. They are
    /// read at the start, and again when a file has changed; a changed file that cannot be read leaves the authorities as they were.
    /// </summary>
    public ImmutableArray<string> CaBundles { get; init; } = [];

    /// <summary>Who is told of requests; default nobody.</summary>
    public IRegistryObserver? Observer { get; init; }

    /// <summary>
    /// How many requests one registry is sent at a time, from sending to the end of the answer's headers; default 64, at least 1. Others wait for their turn
    /// within their deadline. The bodies of blobs, up or down, do not count.
    /// </summary>
    public int MaximumConcurrentRequests { get; init; } = 64;

    /// <summary>How long one try of a request that reads may wait for its answer to begin, so that a lost one leaves time for another; default 15 s.</summary>
    public TimeSpan TryTimeout { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>The longest that a Retry-After keeps requests with one credential from a registry; default 1 hour. Then one request goes to see.</summary>
    public TimeSpan MaximumRetryAfter { get; init; } = TimeSpan.FromHours(1);

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
