using ImageBuilder.Registry.Names;

namespace ImageBuilder.Registry.Transport;

/// <summary>Finds registries: asks each one's /v2/ once, and again after ten minutes.</summary>
internal sealed class RegistryEndpoints(Wire wire, RetryLoop retries, PlainHttpRule plainHttp, TimeProvider time)
{
    private static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(10);

    private readonly SingleFlightCache<RegistryEndpoint> _known = new(time, capacity: 1000);

    /// <summary>The endpoint of <paramref name="host"/>.</summary>
    public Task<RegistryEndpoint> GetAsync(string host, CancellationToken cancellationToken) =>
        _known.GetAsync(RegistryHost.Normalise(host), null, async () => new Fetched<RegistryEndpoint>(await FindAsync(host), Lifetime), cancellationToken);

    private async Task<RegistryEndpoint> FindAsync(string host)
    {
        var normalised = RegistryHost.Normalise(host);
        var server = normalised == RegistryHost.DockerHub ? RegistryHost.DockerHubEndpoint : normalised;
        if (!Uri.TryCreate($"https://{server}/", UriKind.Absolute, out var secure) || !Uri.TryCreate($"http://{server}/", UriKind.Absolute, out var plain))
        {
            throw new RegistryException(RegistryError.Unavailable, host, $"cannot reach registry {Shown.Text(host)}: that is no valid host and port");
        }

        if (plainHttp.IsListed(plain))
        {
            return await PingAsync(host, plain, CancellationToken.None);
        }

        return plain.IsLoopback && await SpeaksPlainHttpAsync(host, plain) is { } endpoint
            ? endpoint
            : await PingAsync(host, secure, CancellationToken.None);
    }

    private Task<RegistryEndpoint> PingAsync(string host, Uri address, CancellationToken cancellationToken) =>
        retries.RunAsync(host, $"reach registry {host}", RegistryCall.Default, deadline => PingOnceAsync(host, address, deadline), cancellationToken);

    private async Task<RegistryEndpoint> PingOnceAsync(string host, Uri address, CallDeadline deadline)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(address, "/v2/"));
        using var response = await wire.SendAsync(Ping(host), request, deadline);
        return new RegistryEndpoint(host, address) { Challenge = AuthChallenge.Find(response) };
    }

    private static WireCall Ping(string host) => new(host, $"reach registry {host}", RegistryRequestKind.Registry, null);

    // A TLS server answers a plain request with 400, or closes the connection.
    private Task<RegistryEndpoint?> SpeaksPlainHttpAsync(string host, Uri address) =>
        retries.RunAsync(
            host,
            $"reach registry {host}",
            RegistryCall.Default,
            async deadline =>
            {
                using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(address, "/v2/"));
                try
                {
                    using var response = await wire.SendAsync(Ping(host), request, deadline);
                    return response.StatusCode == System.Net.HttpStatusCode.BadRequest ? null : new RegistryEndpoint(host, address) { Challenge = AuthChallenge.Find(response) };
                }
                catch (TransientFailureException e) when (e.Failure.InnerException is HttpRequestException { HttpRequestError: not HttpRequestError.ConnectionError })
                {
                    return null;
                }
            },
            CancellationToken.None);
}
