using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using ImageBuilder.Registry.Credentials;
using ImageBuilder.Registry.Names;

namespace ImageBuilder.Registry.Transport;

/// <summary>Fetches bearer tokens where a registry's challenge says (distribution's token authentication specification) and keeps them.</summary>
internal sealed class TokenEndpoint(Wire wire, RetryLoop retries, ForeignAddressRule addresses, RegistryTransportOptions options, TimeProvider time)
{
    // What the specification gives a token whose lifetime is not told.
    private static readonly TimeSpan UntoldLifetime = TimeSpan.FromSeconds(60);

    private readonly SingleFlightCache<AuthenticationHeaderValue> _tokens = new(time, capacity: 10_000);
    private readonly byte[] _key = RandomNumberGenerator.GetBytes(32);

    /// <summary>The header with a token for <paramref name="scopes"/>, but never the one that was <paramref name="rejected"/>.</summary>
    public Task<AuthenticationHeaderValue> GetAsync(
        RegistryEndpoint endpoint, AuthChallenge challenge, RegistryCredential? credential, IReadOnlyList<RegistryScope> scopes, AuthenticationHeaderValue? rejected, CancellationToken cancellationToken) =>
        _tokens.GetAsync(Key(endpoint, challenge, credential, scopes), rejected, () => FetchAsync(endpoint, challenge, credential, scopes), cancellationToken);

    /// <summary>The header that is kept at this moment, or null.</summary>
    public AuthenticationHeaderValue? Peek(RegistryEndpoint endpoint, AuthChallenge challenge, RegistryCredential? credential, IReadOnlyList<RegistryScope> scopes) =>
        _tokens.Peek(Key(endpoint, challenge, credential, scopes));

    private string Key(RegistryEndpoint endpoint, AuthChallenge challenge, RegistryCredential? credential, IReadOnlyList<RegistryScope> scopes) =>
        string.Join('\n', [endpoint.BaseAddress.Authority, credential?.Fingerprint(_key) ?? RegistryCredential.AnonymousFingerprint, challenge.Realm, challenge.Service, .. Texts(scopes)]);

    private static IEnumerable<string> Texts(IReadOnlyList<RegistryScope> scopes) =>
        scopes.Select(scope => scope.ToString()).Distinct().Order(StringComparer.Ordinal);

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

        await addresses.CheckAsync(endpoint.Host, endpoint.BaseAddress, realm, "token endpoint", deadline.Token);
        using var request = credential?.IdentityToken is { Length: > 0 } identity
            ? Exchange(realm, challenge, identity, scopes)
            : Ask(realm, challenge, endpoint, credential, scopes);
        using var response = await wire.SendAsync(endpoint.Host, what, request, deadline.Token);
        if (!response.IsSuccessStatusCode)
        {
            throw await FailureAnswer.ReadAsync(endpoint.Host, what, response, deadline.Token);
        }

        var body = await Wire.ReadAsync(endpoint.Host, what, response, BoundedBody.MaximumToken, deadline.Token);
        return Read(endpoint, body);
    }

    private static HttpRequestMessage Ask(
        Uri realm, AuthChallenge challenge, RegistryEndpoint endpoint, RegistryCredential? credential, IReadOnlyList<RegistryScope> scopes)
    {
        var query = new StringBuilder(realm.Query.TrimStart('?'));
        foreach (var (name, value) in Texts(scopes).Select(scope => ("scope", scope)).Prepend(("service", challenge.Service ?? string.Empty)).Where(pair => pair.Item2.Length > 0))
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
                ["scope"] = string.Join(' ', Texts(scopes)),
                ["refresh_token"] = identity,
            }),
        };

    private static Fetched<AuthenticationHeaderValue> Read(RegistryEndpoint endpoint, byte[] body)
    {
        try
        {
            using var document = JsonDocument.Parse(body);
            var root = document.RootElement;
            var token = Text(root, "token") ?? Text(root, "access_token");
            if (token is null || !BasicHeader.IsHeaderSafe(token))
            {
                throw Invalid(endpoint, "its token endpoint answers without a usable token");
            }

            var lifetime = root.TryGetProperty("expires_in", out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var seconds) && seconds > 0
                ? TimeSpan.FromSeconds(Math.Min(seconds, TimeSpan.FromDays(1).TotalSeconds))
                : UntoldLifetime;
            // Given up a little early, so that none expires on its way.
            return new Fetched<AuthenticationHeaderValue>(new AuthenticationHeaderValue("Bearer", token), lifetime * 0.9);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw Invalid(endpoint, "its token endpoint does not answer with JSON");
        }
    }

    private static string? Text(JsonElement root, string name) =>
        root.TryGetProperty(name, out var value) && value.GetString() is { Length: > 0 } text ? text : null;

    private static RegistryException Invalid(RegistryEndpoint endpoint, string reason) =>
        new(RegistryError.InvalidResponse, endpoint.Host, $"cannot sign in to registry {endpoint.Host}: {reason}");
}
