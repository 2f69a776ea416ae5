using System.Collections.Concurrent;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using ImageBuilder.Registry.Credentials;

namespace ImageBuilder.Registry.Transport;

/// <summary>Fetches bearer tokens where a registry's challenge says (distribution's token authentication specification) and keeps them, in memory alone.</summary>
internal sealed class TokenEndpoint(Wire wire, RetryLoop retries, ForeignAddressRule addresses, RegistryTransportOptions options, TimeProvider time)
{
    private const int Capacity = 10_000;

    private readonly SingleFlightCache<AuthenticationHeaderValue> _tokens = new(time, Capacity);

    // What endpoints gave in exchange for an identity token, to be used in its place: some take each one once only.
    private readonly ConcurrentDictionary<string, string> _refreshTokens = new(StringComparer.Ordinal);
    private readonly FingerprintKey _key = new();

    /// <summary>The header with a token for <paramref name="scopes"/>, but never the one that was <paramref name="rejected"/>.</summary>
    public Task<AuthenticationHeaderValue> GetAsync(
        RegistryEndpoint endpoint, AuthChallenge challenge, RegistryCredential? credential, IReadOnlyList<RegistryScope> scopes, AuthenticationHeaderValue? rejected, CancellationToken cancellationToken) =>
        _tokens.GetAsync(Key(endpoint, challenge, credential, scopes), rejected, () => FetchAsync(endpoint, challenge, credential, scopes), cancellationToken);

    /// <summary>The header that is kept at this moment, or null.</summary>
    public AuthenticationHeaderValue? Peek(RegistryEndpoint endpoint, AuthChallenge challenge, RegistryCredential? credential, IReadOnlyList<RegistryScope> scopes) =>
        _tokens.Peek(Key(endpoint, challenge, credential, scopes));

    private string Key(RegistryEndpoint endpoint, AuthChallenge challenge, RegistryCredential? credential, IReadOnlyList<RegistryScope> scopes) =>
        string.Join('\n', [endpoint.BaseAddress.Authority, _key.Of(credential), challenge.Realm, challenge.Service, .. RegistryScope.Merge(scopes)]);

    private Task<Fetched<AuthenticationHeaderValue>> FetchAsync(
        RegistryEndpoint endpoint, AuthChallenge challenge, RegistryCredential? credential, IReadOnlyList<RegistryScope> scopes)
    {
        var what = $"get a token for registry {endpoint.Host}";
        return retries.RunAsync(endpoint.Host, what, RegistryCall.Default, deadline => FetchOnceAsync(endpoint, challenge, credential, scopes, what, deadline), CancellationToken.None);
    }

    private async Task<Fetched<AuthenticationHeaderValue>> FetchOnceAsync(
        RegistryEndpoint endpoint, AuthChallenge challenge, RegistryCredential? credential, IReadOnlyList<RegistryScope> scopes, string what, CallDeadline deadline)
    {
        if (!Uri.TryCreate(challenge.Realm, UriKind.Absolute, out var realm))
        {
            throw Invalid(endpoint, "its challenge names no valid realm");
        }

        var reach = await addresses.CheckAsync(endpoint.Host, endpoint.BaseAddress, realm, "token endpoint", deadline.Token);
        var call = new WireCall(endpoint.Host, what, RegistryRequestKind.TokenEndpoint, credential) { Reach = reach };
        if (credential?.IdentityToken is not { Length: > 0 } identity)
        {
            using var request = Ask(realm, challenge, endpoint, credential, scopes);
            var answer = await SendAsync(endpoint, call, request, deadline);
            return Header(answer);
        }

        var key = Key(endpoint, challenge, credential, []);
        if (_refreshTokens.TryGetValue(key, out var refresh))
        {
            try
            {
                return await ExchangeAsync(endpoint, challenge, realm, call, key, refresh, scopes, deadline);
            }
            catch (RegistryException e) when (e.Error is RegistryError.Unauthorized or RegistryError.Denied or RegistryError.Rejected)
            {
                // It has been used up, or withdrawn; what the user gave may still do.
                _refreshTokens.TryRemove(KeyValuePair.Create(key, refresh));
            }
        }

        return await ExchangeAsync(endpoint, challenge, realm, call, key, identity, scopes, deadline);
    }

    private async Task<Fetched<AuthenticationHeaderValue>> ExchangeAsync(
        RegistryEndpoint endpoint, AuthChallenge challenge, Uri realm, WireCall call, string key, string identity, IReadOnlyList<RegistryScope> scopes, CallDeadline deadline)
    {
        using var request = Exchange(realm, challenge, identity, scopes);
        var answer = await SendAsync(endpoint, call, request, deadline);
        if (answer.RefreshToken is { } refresh && refresh != identity)
        {
            if (_refreshTokens.Count >= Capacity)
            {
                // Those who come back begin again with their identity token.
                _refreshTokens.Clear();
            }

            _refreshTokens[key] = refresh;
        }

        return Header(answer);
    }

    private static Fetched<AuthenticationHeaderValue> Header(TokenAnswer answer) => new(new AuthenticationHeaderValue("Bearer", answer.Token), answer.Lifetime);

    private async Task<TokenAnswer> SendAsync(RegistryEndpoint endpoint, WireCall call, HttpRequestMessage request, CallDeadline deadline)
    {
        using var response = await wire.SendAsync(call, request, deadline);
        if (!response.IsSuccessStatusCode)
        {
            throw await FailureAnswer.ReadAsync(endpoint.Host, call.What, response, deadline.Token);
        }

        var body = await Wire.ReadAsync(endpoint.Host, call.What, response, BoundedBody.MaximumToken, deadline.Token);
        try
        {
            return TokenAnswer.Read(body, time.GetUtcNow()) ?? throw Invalid(endpoint, "its token endpoint answers without a usable token");
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw Invalid(endpoint, "its token endpoint does not answer with JSON");
        }
    }

    private static HttpRequestMessage Ask(
        Uri realm, AuthChallenge challenge, RegistryEndpoint endpoint, RegistryCredential? credential, IReadOnlyList<RegistryScope> scopes)
    {
        var query = new StringBuilder(realm.Query.TrimStart('?'));
        foreach (var (name, value) in RegistryScope.Merge(scopes).Select(scope => ("scope", scope)).Prepend(("service", challenge.Service ?? string.Empty)).Where(pair => pair.Item2.Length > 0))
        {
            query.Append(query.Length == 0 ? string.Empty : "&").Append(name).Append('=').Append(Uri.EscapeDataString(value));
        }

        var request = new HttpRequestMessage(HttpMethod.Get, new UriBuilder(realm) { Query = query.ToString(), Fragment = string.Empty }.Uri);
        request.Headers.Authorization = BasicHeader.For(endpoint.Host, credential);
        return request;
    }

    // OAuth 2.0 refresh (RFC 6749, 6).
    private HttpRequestMessage Exchange(Uri realm, AuthChallenge challenge, string identity, IReadOnlyList<RegistryScope> scopes) =>
        new(HttpMethod.Post, realm)
        {
            Content = new FormUrlEncodedContent(new Dictionary<string, string>
            {
                ["grant_type"] = "refresh_token",
                ["service"] = challenge.Service ?? string.Empty,
                ["client_id"] = options.UserAgent,
                ["scope"] = string.Join(' ', RegistryScope.Merge(scopes)),
                ["refresh_token"] = identity,
            }),
        };

    private static RegistryException Invalid(RegistryEndpoint endpoint, string reason) =>
        new(RegistryError.InvalidResponse, endpoint.Host, $"cannot sign in to registry {endpoint.Host}: {reason}");
}
