using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using ImageBuilder.Registry.Credentials;
using ImageBuilder.Registry.Credentials.Ecr;
using ImageBuilder.Registry.Names;

namespace ImageBuilder.Bob.Proxy;

/// <summary>
/// The credentials that the proxy holds for one build. They are looked up by other rules than the service's own (wire contract, bob): a host
/// as host:port, then as host, then ECR's wildcard host, then docker.io for the host that serves it.
/// </summary>
internal sealed partial class ProxyCredentials
{
    /// <summary>The largest credentials document that is read, in bytes.</summary>
    public const int MaximumSize = 1 << 20;

    /// <summary>One entry under this host opens every ECR registry.</summary>
    public const string EcrWildcard = EcrRegistry.Wildcard;

    private readonly Dictionary<string, RegistryCredential> _additional;
    private readonly Dictionary<string, RegistryCredential> _all;
    private readonly Dictionary<string, RegistryCredential> _base;
    private readonly Dictionary<string, RegistryCredential> _mirrors;
    private readonly RegistryAccess? _access;
    private readonly Dictionary<string, string> _unavailable;

    private ProxyCredentials(
        Dictionary<string, RegistryCredential> installation,
        Dictionary<string, RegistryCredential> additional,
        Dictionary<string, RegistryCredential> mirrors,
        RegistryAccess? access = null,
        Dictionary<string, string>? unavailable = null)
    {
        _additional = additional;
        _mirrors = mirrors;
        _access = access;
        _unavailable = unavailable ?? [];
        _all = new(additional, StringComparer.OrdinalIgnoreCase);
        foreach (var (host, credential) in installation)
        {
            _all[host] = credential;
        }

        _base = _all;
    }

    // The request's own are those of the base layer here.
    private ProxyCredentials(Dictionary<string, RegistryCredential> baseLayer, Dictionary<string, RegistryCredential> workspaceLayer)
        : this(workspaceLayer, baseLayer, [])
    {
        _base = new(workspaceLayer, StringComparer.OrdinalIgnoreCase);
        foreach (var (host, credential) in baseLayer)
        {
            _base[host] = credential;
        }
    }

    /// <summary>No credentials at all.</summary>
    public static ProxyCredentials None { get; } = new([], [], []);

    /// <summary>Reads the two documents that the wire contract names.</summary>
    /// <param name="auth">A docker config, <c>{"auths":{"host":{"auth":"…"}}}</c>; empty for none.</param>
    /// <param name="additionalAuth">The bare map, <c>{"host":{"auth":"…"}}</c>; empty for none.</param>
    /// <exception cref="FormatException">One of them is not of that form; the message never shows a value.</exception>
    public static ProxyCredentials Parse(string? auth, string? additionalAuth) => new(
        Read(auth, "the docker config of the proxy", document => document.TryGetProperty("auths", out var auths) ? auths : default),
        Read(additionalAuth, "the additional credentials of the proxy", document => document),
        []);

    /// <summary>
    /// Reads the credentials of a build that has no installation around it: those of the base layer open what it is made from and its repository, those
    /// of the workspace layer the workspace image's; for the two repositories the other's count where one has none.
    /// </summary>
    /// <param name="baseLayer">A docker config, or the map in it alone; empty for none.</param>
    /// <param name="workspaceLayer">Likewise.</param>
    /// <param name="names">What the two are called in messages.</param>
    /// <exception cref="FormatException">One of them is not of that form; the message never shows a value.</exception>
    public static ProxyCredentials OfLayers(string? baseLayer, string? workspaceLayer, (string BaseLayer, string WorkspaceLayer) names) =>
        new(Read(baseLayer, names.BaseLayer, AuthsOrMap), Read(workspaceLayer, names.WorkspaceLayer, AuthsOrMap));

    /// <summary>
    /// Reads both from one object, <c>{"auth":{"auths":{…}},"additionalAuth":{…},"mirrorAuth":{…}}</c>, and the credentials of mirrors; with them, to explain a lack
    /// of credentials, <c>"access":{"allowAll":false,"allowedHosts":["host"]},"unavailable":{"host":"why"}</c>. Each may be missing.
    /// </summary>
    /// <exception cref="FormatException">It is not of that form; the message never shows a value.</exception>
    public static ProxyCredentials ParseOne(string json)
    {
        const string name = "the credentials on stdin";
        var (access, unavailable) = ReadReasons(json, name);
        return new(
            Read(json, name, document => document.TryGetProperty("auth", out var auth) && auth.TryGetProperty("auths", out var auths) ? auths : default),
            Read(json, name, document => document.TryGetProperty("additionalAuth", out var additional) ? additional : default),
            Read(json, name, document => document.TryGetProperty("mirrorAuth", out var mirrors) ? mirrors : default),
            access,
            unavailable);
    }

    /// <summary>What opens <paramref name="registry"/> for the image that <paramref name="alias"/> stands for; null when nothing does.</summary>
    public RegistryCredential? FindForAlias(string alias, string registry) => Find(alias == ProxyAlias.Base ? _base : _all, registry);

    /// <summary>What the request itself brought for <paramref name="registry"/>; null when it brought nothing.</summary>
    public RegistryCredential? FindAdditional(string registry) => Find(_additional, registry);

    /// <summary>What opens <paramref name="mirror"/> when it stands in for another registry; an image that names the mirror itself does not get it.</summary>
    public RegistryCredential? FindForMirror(string mirror) => Find(_mirrors, mirror);

    /// <summary>Why there is no credential for <paramref name="registry"/>; null when that is not known here.</summary>
    public string? WhyNone(string registry) =>
        _unavailable.GetValueOrDefault(registry)
        ?? (EcrHost().IsMatch(registry) ? _unavailable.GetValueOrDefault(EcrWildcard) : null)
        ?? (_access is null ? null : _access.WhyDenied(registry) ?? "the installation has none, and the request brought none");

    private static RegistryCredential? Find(Dictionary<string, RegistryCredential> credentials, string registry)
    {
        var host = registry == RegistryHost.DockerHub ? RegistryHost.DockerHubEndpoint : registry;
        var colon = host.LastIndexOf(':');
        var bare = colon < 0 ? host : host[..colon];
        return credentials.GetValueOrDefault(colon < 0 ? $"{host}:443" : host)
            ?? credentials.GetValueOrDefault(bare)
            ?? (EcrHost().IsMatch(bare) ? credentials.GetValueOrDefault(EcrWildcard) : null)
            ?? (bare == RegistryHost.DockerHubEndpoint ? credentials.GetValueOrDefault(RegistryHost.DockerHub) : null);
    }

    private static JsonElement AuthsOrMap(JsonElement document) => document.TryGetProperty("auths", out var auths) ? auths : document;

    private static Dictionary<string, RegistryCredential> Read(string? json, string name, Func<JsonElement, JsonElement> select)
    {
        var credentials = new Dictionary<string, RegistryCredential>(StringComparer.OrdinalIgnoreCase);
        if (string.IsNullOrWhiteSpace(json))
        {
            return credentials;
        }

        if (json.Length > MaximumSize)
        {
            throw new FormatException($"{name}: longer than {MaximumSize} characters");
        }

        try
        {
            using var document = JsonDocument.Parse(json);
            var hosts = select(document.RootElement);
            if (hosts.ValueKind is JsonValueKind.Undefined or JsonValueKind.Null)
            {
                return credentials;
            }

            foreach (var host in hosts.EnumerateObject())
            {
                if (ReadEntry(host.Value) is { } credential)
                {
                    // Docker config files call Docker Hub by the address of its old interface.
                    var key = host.Name.Contains("://", StringComparison.Ordinal) ? RegistryHost.Normalise(host.Name) : host.Name;
                    credentials[key] = credential;
                }
            }

            return credentials;
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            // The parser's own message may quote what it read.
            throw new FormatException($"{name}: not JSON of the form {{\"host\":{{\"auth\":\"<base64 of user:password>\"}}}}");
        }
    }

    private static (RegistryAccess? Access, Dictionary<string, string> Unavailable) ReadReasons(string json, string name)
    {
        if (string.IsNullOrWhiteSpace(json))
        {
            return (null, []);
        }

        try
        {
            using var document = JsonDocument.Parse(json);
            var access = document.RootElement.TryGetProperty("access", out var rules)
                ? new RegistryAccess
                {
                    AllowAll = rules.GetProperty("allowAll").GetBoolean(),
                    AllowedHosts = [.. rules.GetProperty("allowedHosts").EnumerateArray().Select(host => host.GetString() ?? string.Empty)],
                }
                : null;
            var unavailable = document.RootElement.TryGetProperty("unavailable", out var hosts)
                ? hosts.EnumerateObject().ToDictionary(host => host.Name, host => host.Value.GetString() ?? string.Empty)
                : [];
            return (access, unavailable);
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or KeyNotFoundException or ArgumentException)
        {
            throw new FormatException($"{name}: not JSON, or \"access\" or \"unavailable\" is not of its form");
        }
    }

    private static RegistryCredential? ReadEntry(JsonElement entry)
    {
        var credential = new RegistryCredential
        {
            Username = Text(entry, "username"),
            Password = Text(entry, "password"),
            IdentityToken = Text(entry, "identitytoken"),
            RegistryToken = Text(entry, "registrytoken"),
        };
        if (Text(entry, "auth") is { } auth)
        {
            var bytes = new byte[auth.Length];
            if (!Convert.TryFromBase64String(auth.Trim(), bytes, out var length))
            {
                return credential with { RawAuth = auth };
            }

            var login = Encoding.UTF8.GetString(bytes, 0, length);
            var colon = login.IndexOf(':', StringComparison.Ordinal);
            credential = colon < 0
                ? credential with { RawAuth = auth }
                : credential with { Username = login[..colon].Trim(), Password = login[(colon + 1)..].Trim('\0').Trim() };
        }

        return credential == new RegistryCredential() ? null : credential;
    }

    private static string? Text(JsonElement entry, string name) =>
        entry.TryGetProperty(name, out var value) && value.GetString() is { Length: > 0 } text ? text : null;

    [GeneratedRegex(@"\A\d{12}\.dkr\.ecr\.[a-z0-9-]+\.amazonaws\.com(\.cn)?\z")]
    private static partial Regex EcrHost();
}
