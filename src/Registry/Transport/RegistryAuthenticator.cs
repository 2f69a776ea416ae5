using System.Net;
using System.Net.Http.Headers;
using ImageBuilder.Registry.Credentials;

namespace ImageBuilder.Registry.Transport;

/// <summary>
/// What opens one registry with one credential: finds out how the registry wants to be asked (Basic, Bearer, not at all) and keeps its
/// tokens. Cheap to make, by <see cref="Client.RegistryClient.AuthenticatorFor"/>; what it learns is shared by the process. Safe for concurrent use.
/// </summary>
public sealed class RegistryAuthenticator
{
    private readonly RegistryCredential? _credential;
    private readonly RegistryEndpoints _endpoints;
    private readonly TokenEndpoint _tokens;
    private readonly Wire _wire;
    private readonly RetryLoop _retries;

    internal RegistryAuthenticator(string host, RegistryCredential? credential, RegistryEndpoints endpoints, TokenEndpoint tokens, Wire wire, RetryLoop retries)
    {
        Host = host;
        _credential = credential;
        _endpoints = endpoints;
        _tokens = tokens;
        _wire = wire;
        _retries = retries;
    }

    private WireCall Call => new(Host, $"ask registry {Host}", RegistryRequestKind.Registry, _credential);

    /// <summary>The registry, as in an image reference's domain.</summary>
    public string Host { get; }

    /// <summary>
    /// Where the registry's API is: <c>https://host/</c>, or <c>http://host/</c> for a registry that may be spoken to in plain HTTP;
    /// <c>docker.io</c> is at <c>registry-1.docker.io</c>.
    /// </summary>
    /// <exception cref="RegistryException">The registry cannot be reached.</exception>
    public async ValueTask<Uri> GetBaseAddressAsync(CancellationToken cancellationToken = default) =>
        (await _endpoints.GetAsync(Host, cancellationToken)).BaseAddress;

    /// <summary>
    /// The Authorization header for a request that needs <paramref name="scopes"/>; null when the registry asks for none, or for a password
    /// that the credential does not have. Tokens are cached by scope until they expire; concurrent callers share one request for a token.
    /// The header is for the registry itself (<see cref="GetBaseAddressAsync"/>) and not for where it may redirect to.
    /// </summary>
    /// <param name="scopes">What the request is about to do.</param>
    /// <param name="fresh">The last answer was refused (401): do not use a cached token.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <exception cref="RegistryException">No token is to be had.</exception>
    public async ValueTask<AuthenticationHeaderValue?> GetAuthorizationAsync(
        IReadOnlyList<RegistryScope> scopes, bool fresh, CancellationToken cancellationToken = default)
    {
        var endpoint = await _endpoints.GetAsync(Host, cancellationToken);
        var rejected = fresh && endpoint.Challenge is { Scheme: AuthScheme.Bearer } challenge ? _tokens.Peek(endpoint, challenge, _credential, scopes) : null;
        return await GetAuthorizationAsync(endpoint, scopes, rejected, cancellationToken);
    }

    /// <summary>As <see cref="GetAuthorizationAsync(IReadOnlyList{RegistryScope}, bool, CancellationToken)"/>, once the registry may be asked: "too many requests" is waited out, up to 5 minutes.</summary>
    /// <param name="scopes">What the request is about to do.</param>
    /// <param name="fresh">The last answer was refused (401): do not use a cached token.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <exception cref="RegistryException">No token is to be had, or the registry may not be asked for longer than that.</exception>
    public Task<AuthenticationHeaderValue?> WaitForAuthorizationAsync(IReadOnlyList<RegistryScope> scopes, bool fresh, CancellationToken cancellationToken = default) =>
        _retries.RunAsync(
            Host,
            Call.What,
            RegistryCall.Patient,
            async deadline =>
            {
                var address = await GetBaseAddressAsync(deadline.Token);
                var authorization = await GetAuthorizationAsync(scopes, fresh, deadline.Token);
                await _wire.WaitForTurnAsync(Call, address, deadline);
                return authorization;
            },
            cancellationToken);

    /// <summary>
    /// Learns from an answer of the registry: from 401 how it wants to be asked, where that differs from what it said before, and from 429 how long to stay away.
    /// </summary>
    public async ValueTask ObserveAsync(HttpResponseMessage response, CancellationToken cancellationToken = default)
    {
        var endpoint = await _endpoints.GetAsync(Host, cancellationToken);
        if (response.StatusCode == HttpStatusCode.TooManyRequests)
        {
            _wire.Refused(Call, endpoint.BaseAddress, response);
        }

        if ((response.RequestMessage?.RequestUri is not { } address || endpoint.Owns(address)) && AuthChallenge.Find(response) is { } challenge)
        {
            endpoint.Challenge = challenge;
        }
    }

    /// <summary>As the public method, where the caller knows which header was refused.</summary>
    internal async ValueTask<AuthenticationHeaderValue?> GetAuthorizationAsync(
        RegistryEndpoint endpoint, IReadOnlyList<RegistryScope> scopes, AuthenticationHeaderValue? rejected, CancellationToken cancellationToken)
    {
        if (_credential?.RegistryToken is { Length: > 0 } token)
        {
            return BasicHeader.IsHeaderSafe(token)
                ? new AuthenticationHeaderValue("Bearer", token)
                : throw new RegistryException(RegistryError.Unauthorized, Host, $"the registry token for {Host} has characters that no header can carry");
        }

        return endpoint.Challenge switch
        {
            null => null,
            { Scheme: AuthScheme.Basic } => BasicHeader.For(Host, _credential),
            { } challenge => await _tokens.GetAsync(endpoint, challenge, _credential, scopes, rejected, cancellationToken),
        };
    }
}
