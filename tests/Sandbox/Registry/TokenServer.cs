using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;

namespace ImageBuilder.Sandbox.Registry;

/// <summary>
/// Gives out tokens for a registry, as distribution's token specification has it: GET with a password or nobody's, POST with a refresh token; RS256,
/// the signing certificate in <c>x5c</c>. Runs in this process, on plain HTTP of 127.0.0.1. Safe for concurrent use.
/// </summary>
public sealed class TokenServer : IAsyncDisposable
{
    /// <summary>What the registry calls itself towards this server.</summary>
    public const string Service = "sandbox-registry";

    /// <summary>Who signs.</summary>
    public const string Issuer = "sandbox-tokens";

    // docker-registry takes a token for a minute beyond its end.
    private static readonly TimeSpan s_leeway = TimeSpan.FromSeconds(60);

    private readonly WebApplication _server;
    private readonly X509Certificate2 _certificate;
    private readonly RSA _key;
    private readonly ConcurrentDictionary<string, (string Password, ImmutableArray<TokenGrant> Grants)> _users = [];
    private readonly ConcurrentDictionary<string, string> _refreshTokens = [];
    private ImmutableArray<TokenGrant> _anonymous = [];

    private TokenServer(WebApplication server, X509Certificate2 certificate)
    {
        _server = server;
        _certificate = certificate;
        _key = certificate.GetRSAPrivateKey()!;
    }

    /// <summary>Where tokens are to be had.</summary>
    public string Realm => $"{_server.Urls.First()}/token";

    /// <summary>How long the registry takes a token given out from now on; default 5 minutes. Zero or less makes tokens that are refused at once.</summary>
    public TimeSpan Lifetime { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>What answers say of that (<c>expires_in</c>); null, the default: the truth.</summary>
    public TimeSpan? ToldLifetime { get; set; }

    /// <summary>Every request so far.</summary>
    public ConcurrentQueue<TokenRequest> Requests { get; } = [];

    /// <summary>Starts one that signs with a certificate of <paramref name="authority"/>; nobody may do anything yet.</summary>
    public static async Task<TokenServer> StartAsync(PrivateAuthority authority, CancellationToken cancellationToken = default)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http1));
        var server = new TokenServer(builder.Build(), authority.Issue(Issuer));
        server._server.Map("/token", server.AnswerAsync);
        await server._server.StartAsync(cancellationToken);
        return server;
    }

    /// <summary>Lets <paramref name="user"/> do what <paramref name="grants"/> say, in place of what he could do before.</summary>
    public void Allow(string user, string password, params ImmutableArray<TokenGrant> grants) => _users[user] = (password, grants);

    /// <summary>Lets everybody do what <paramref name="grants"/> say, in place of what everybody could do before.</summary>
    public void AllowAnonymous(params ImmutableArray<TokenGrant> grants) => _anonymous = grants;

    /// <summary>A refresh token (<c>identitytoken</c> of a docker config) with which <paramref name="user"/> gets tokens without a password.</summary>
    public string IssueRefreshToken(string user)
    {
        var token = RandomNumberGenerator.GetHexString(40, lowercase: true);
        _refreshTokens[token] = user;
        return token;
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        _key.Dispose();
        _certificate.Dispose();
    }

    private async Task AnswerAsync(HttpContext context)
    {
        var request = context.Request;
        var form = request.HasFormContentType ? await request.ReadFormAsync(context.RequestAborted) : null;
        var scopes = (form is null ? request.Query["scope"] : form["scope"]).SelectMany(scope => scope!.Split(' ', StringSplitOptions.RemoveEmptyEntries)).ToList();
        var user = form is null ? SignedIn(request.Headers.Authorization) : _refreshTokens.GetValueOrDefault(form["refresh_token"].ToString());
        context.Response.StatusCode = user is null ? StatusCodes.Status401Unauthorized : StatusCodes.Status200OK;
        Requests.Enqueue(new TokenRequest(request.Method, user ?? string.Empty, scopes, context.Response.StatusCode));
        if (user is null)
        {
            await context.Response.WriteAsJsonAsync(new { errors = new[] { new { code = "UNAUTHORIZED", message = "user or password is wrong" } } });
            return;
        }

        var token = Sign(user, scopes);
        await context.Response.WriteAsJsonAsync(new
        {
            token,
            access_token = token,
            expires_in = (int)(ToldLifetime ?? Lifetime).TotalSeconds,
            issued_at = TimeProvider.System.GetUtcNow().ToString("yyyy-MM-ddTHH:mm:ssZ", System.Globalization.CultureInfo.InvariantCulture),
        });
    }

    /// <summary>The user; empty for nobody, null for a password that is wrong.</summary>
    private string? SignedIn(string? authorization)
    {
        if (authorization is null)
        {
            return string.Empty;
        }

        var text = authorization.StartsWith("Basic ", StringComparison.Ordinal) ? Encoding.UTF8.GetString(Convert.FromBase64String(authorization["Basic ".Length..])) : string.Empty;
        return text.IndexOf(':', StringComparison.Ordinal) is var colon and > 0 && _users.TryGetValue(text[..colon], out var known) && known.Password == text[(colon + 1)..]
            ? text[..colon]
            : null;
    }

    private string Sign(string user, IEnumerable<string> scopes)
    {
        var grants = user.Length == 0 ? _anonymous : _users[user].Grants;
        var now = TimeProvider.System.GetUtcNow();
        var header = Encode(new { typ = "JWT", alg = "RS256", x5c = new[] { Convert.ToBase64String(_certificate.RawData) } });
        var claims = Encode(new
        {
            iss = Issuer,
            sub = user,
            aud = Service,
            exp = (now + Lifetime - s_leeway).ToUnixTimeSeconds(),
            nbf = now.AddMinutes(-10).ToUnixTimeSeconds(),
            iat = now.ToUnixTimeSeconds(),
            jti = Guid.NewGuid().ToString(),
            access = scopes.Select(scope => Access(scope, grants)).OfType<object>(),
        });
        var signature = _key.SignData(Encoding.ASCII.GetBytes($"{header}.{claims}"), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        return $"{header}.{claims}.{Base64Url.EncodeToString(signature)}";
    }

    // A scope reads type:name:actions, and a name may hold a host's port.
    private static object? Access(string scope, ImmutableArray<TokenGrant> grants)
    {
        var (first, last) = (scope.IndexOf(':', StringComparison.Ordinal), scope.LastIndexOf(':'));
        if (first < 0 || first == last)
        {
            return null;
        }

        var name = scope[(first + 1)..last];
        var granted = grants.Where(grant => grant.Repository == "*" || grant.Repository == name).SelectMany(grant => grant.Actions.Split(',')).ToHashSet();
        return new { type = scope[..first], name, actions = scope[(last + 1)..].Split(',').Where(granted.Contains) };
    }

    private static string Encode(object value) => Base64Url.EncodeToString(JsonSerializer.SerializeToUtf8Bytes(value));
}
